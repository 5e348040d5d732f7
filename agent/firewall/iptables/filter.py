"""Table filter: where packets may go.

A packet from a bridge passes the chains of its bridge: ``cloudnet-br100-fwd`` if it is to be
forwarded, ``cloudnet-br100-in`` if it is for the host. Both begin with ``cloudnet-br100-iso``, so
that no packet is accepted before projects are kept apart:

    cloudnet-FORWARD
      from br100:  cloudnet-br100-fwd
                     cloudnet-br100-iso, where it ends for packets to br100's own range
                       cloudnet-isolate
                     by eth1: cloudnet-leave, which drops what gets no NAT
      to br100:    cloudnet-guests
      by eth1:     cloudnet-foreign
    cloudnet-INPUT
      from br100:  cloudnet-br100-in
                     cloudnet-br100-iso …
      from eth1:   nothing under an address of the host's guests
    cloudnet-OUTPUT
      by eth1:     no reset of a connection that may be a guest's
      by eth1:     cloudnet-leave, if from an address in a bridge

Where packets come from is decided before where they go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cloudnet.agent.firewall.iptables.chain_cache import ChainCache
from cloudnet.agent.firewall.iptables.dispatch import coming_from, dispatch, going_to
from cloudnet.agent.firewall.iptables.matches import INVALID, STRAY_RESET
from cloudnet.agent.firewall.iptables.shared_chains import (
    FOREIGN,
    GUESTS,
    ISOLATE,
    LEAVE,
    PUBLIC,
    add_shared_chains,
)
from cloudnet.agent.firewall.iptables.to_host import rules_to_host
from cloudnet.agent.firewall.policy import (
    GuestNetwork,
    HostPolicy,
    NetworkPolicy,
    Policy,
)
from cloudnet.agent.node.resources.iptables_table import CHAIN, Rule, Table


@dataclass
class _Bridge:
    """A bridge and its networks: flat networks may share one."""

    name: str
    networks: list[GuestNetwork] = field(default_factory=list)  # none: an orphan
    carries_host: bool = False  # the host's own traffic, too

    @property
    def isolated(self) -> list[GuestNetwork]:
        return [network for network in self.networks if not network.is_flat]

    @property
    def is_flat(self) -> bool:
        """Whether it is the operator's."""
        return bool(self.networks) and not self.isolated

    @property
    def guarded(self) -> list[GuestNetwork]:
        """The networks whose guests are not reached from everywhere."""
        return [
            network
            for network in self.networks
            if not network.is_flat or (network.is_gateway and network.has_route)
        ]

    @property
    def towards(self) -> str | None:
        """The chain of packets that go out by it; None: they are left to others."""
        if not self.is_flat and not self.carries_host:
            return GUESTS
        return self.chain("to") if self.guarded else None

    @property
    def routes_nothing(self) -> bool:
        """Whether the host routes no packet that comes from it."""
        return not self.networks or any(not network.is_gateway for network in self.isolated)

    def refuse(self, rule: Rule) -> Iterator[Rule]:
        """Yield a rule that refuses packets by the bridge alone, if the bridge has guests alone.

        On another one, which may be the host's way to everything else, yield rules for the
        addresses of guests.
        """
        if not self.carries_host and not any(network.is_flat for network in self.networks):
            yield rule
            return
        for network in self.networks:
            if rule.in_interface == self.name:
                yield replace(rule, source=network.cidr)
            else:
                yield replace(rule, destination=network.cidr)

    def chain(self, purpose: str) -> str:
        """Return the name of one of its chains."""
        return f"{CHAIN}{self.name}-{purpose}"


class FilterRenderer:
    """Renders the table; what did not change since the last time is the same object."""

    def __init__(self) -> None:
        self._cache = ChainCache("filter")
        self._inputs: object = None
        self._table = Table("filter", ())

    def render(self, policy: Policy) -> Table:
        """Return the table for a policy."""
        # NAT mappings are no inputs of this table, but for the interfaces that they name.
        networks = tuple(each.network for each in policy.networks)
        inputs = replace(policy, networks=tuple(NetworkPolicy(each) for each in networks))
        if inputs != self._inputs:
            self._inputs = inputs
            bridges = _bridges(networks, policy)
            for bridge in bridges:
                self._add_bridge(bridge, policy)
            add_shared_chains(self._cache, policy)
            self._add_forward(bridges, policy)
            self._add_input(bridges, policy)
            self._add_output(policy)
            self._table = self._cache.collect()
        return self._table

    def _add_bridge(self, bridge: _Bridge, policy: Policy) -> None:
        host, public = policy.host, policy.public_interfaces
        inputs = (tuple(bridge.networks), bridge.carries_host, host)
        add = self._cache.add
        add(bridge.chain("fwd"), (inputs, public), lambda: _forwarding(bridge, host, public))
        if bridge.towards == bridge.chain("to"):
            add(bridge.chain("to"), inputs, lambda: _to_ranges(bridge))
        if bridge.is_flat:
            return
        add(bridge.chain("in"), inputs, lambda: _to_the_host(bridge, host))
        if bridge.isolated:
            add(bridge.chain("iso"), inputs, lambda: _isolation(bridge))

    def _add_forward(self, bridges: Sequence[_Bridge], policy: Policy) -> None:
        towards = {bridge.name: target for bridge in bridges if (target := bridge.towards)}
        rules = (
            *(
                rule
                for bridge in bridges
                for network in bridge.networks
                if network.is_gateway and not network.has_route
                for rule in bridge.refuse(_cut_off(network, policy.host))
            ),
            *dispatch(self._cache, "fwd", _chains(bridges, "fwd"), coming_from),
            *dispatch(self._cache, "to", towards, going_to),
            *(going_to(FOREIGN, public) for public in policy.public_interfaces),
        )
        self._cache.add(f"{CHAIN}FORWARD", rules, lambda: rules, "FORWARD")

    def _add_input(self, bridges: Sequence[_Bridge], policy: Policy) -> None:
        filtered = [bridge for bridge in bridges if not bridge.is_flat]
        rules = (
            *dispatch(self._cache, "in", _chains(filtered, "in"), coming_from),
            *(
                Rule(policy.host.refusal, source=own, in_interface=public)
                for public in policy.public_interfaces
                for own in policy.own_ranges
            ),
        )
        self._cache.add(f"{CHAIN}INPUT", rules, lambda: rules, "INPUT")

    def _add_output(self, policy: Policy) -> None:
        rules = tuple(
            rule for public in policy.public_interfaces for rule in _by_public(public, policy)
        )
        if rules:
            self._cache.add(f"{CHAIN}OUTPUT", rules, lambda: rules, "OUTPUT")


# vm3 talks to 203.0.113.10 under 192.0.2.225. A late segment of 203.0.113.10 is outside of the
# window of the connection: it is INVALID and gets no NAT, so it is for the host itself, which has
# no such connection and answers with a reset. That would end vm3's connection.
def _by_public(interface: str, policy: Policy) -> Iterator[Rule]:
    yield Rule("DROP", out_interface=interface, protocol="tcp", matches=STRAY_RESET)
    for own in policy.own_ranges:
        yield Rule(LEAVE, source=own, out_interface=interface)


def _bridges(networks: Sequence[GuestNetwork], policy: Policy) -> list[_Bridge]:
    bridges = {name: _Bridge(name) for name in policy.orphan_bridges}
    for network in networks:
        bridges.setdefault(network.bridge, _Bridge(network.bridge)).networks.append(network)
    for bridge in bridges.values():
        bridge.carries_host = bridge.name in policy.host_bridges
    return list(bridges.values())


def _chains(bridges: Sequence[_Bridge], purpose: str) -> dict[str, str]:
    return {bridge.name: bridge.chain(purpose) for bridge in bridges}


def _isolation(bridge: _Bridge) -> Iterator[Rule]:
    """A guest reaches its own network, and other networks' fixed addresses by a floating IP only.

    Also where the host is not the gateway: a guest may send to the bridge's MAC all the same.
    """
    for network in bridge.isolated:
        yield Rule("RETURN", in_interface=bridge.name, destination=network.cidr)
    yield Rule(ISOLATE, in_interface=bridge.name)


def _forwarding(bridge: _Bridge, host: HostPolicy, public: Sequence[str]) -> Iterator[Rule]:
    """Where the packets of a bridge may come from, and whether they stay in it.

    Frames inside one bridge meet iptables where br_netfilter is loaded. Where the host has no
    address in the network, they pass whatever is in them, even past the isolation: a guest's answer
    to a client of its floating IP, for example, which another host has translated.
    """
    within = Rule("ACCEPT", in_interface=bridge.name, out_interface=bridge.name)
    refuse = tuple(bridge.refuse(Rule(host.refusal, in_interface=bridge.name)))
    if bridge.routes_nothing:
        yield from (within, *refuse)
        return
    if bridge.isolated:
        yield Rule(bridge.chain("iso"), in_interface=bridge.name)
    if any(network.is_flat for network in bridge.networks):
        yield within
    gateways = [network for network in bridge.networks if network.is_gateway]
    if any(not network.has_route for network in gateways):
        yield from refuse
        return
    if gateways:
        yield within
        yield from bridge.refuse(Rule(host.refusal, in_interface=bridge.name, matches=INVALID))
    for network in gateways:
        # Nobody leaves under an address of another network, be it as its guest or as its floating
        # IP: the source decides about NAT.
        check = LEAVE if network.has_snat else PUBLIC
        for interface in public:
            yield Rule(
                check, source=network.cidr, in_interface=bridge.name, out_interface=interface
            )
        yield Rule("ACCEPT", in_interface=bridge.name, source=network.cidr)
    if gateways:
        yield from refuse


def _to_ranges(bridge: _Bridge) -> Iterator[Rule]:
    """To guests of networks; what else goes out by the bridge is the host's or the operator's."""
    for network in bridge.guarded:
        yield Rule(GUESTS, destination=network.cidr)


def _cut_off(network: GuestNetwork, host: HostPolicy) -> Rule:
    """Let nothing into a network without a route; its own bridge's chain decides about frames."""
    own = network.bridge
    return Rule(host.refusal, in_interface=f"!{own}", out_interface=own)


def _to_the_host(bridge: _Bridge, host: HostPolicy) -> Iterator[Rule]:
    if not bridge.networks:
        yield from bridge.refuse(Rule(host.refusal, in_interface=bridge.name))
        return
    yield Rule(bridge.chain("iso"), in_interface=bridge.name)
    for network in bridge.isolated:
        yield from rules_to_host(network, host, bridge.refuse)
