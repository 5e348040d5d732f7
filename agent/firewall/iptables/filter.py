"""Table filter: where packets may go.

A packet from a bridge passes the chains of its bridge: ``cloudnet-br100-fwd`` if it is to be
forwarded, ``cloudnet-br100-in`` if it is for the host. Both begin with ``cloudnet-br100-iso``, so
that no packet is accepted before projects are kept apart:

    cloudnet-FORWARD
      from br100:  cloudnet-br100-fwd
                     cloudnet-br100-iso, where it ends for packets to br100's own range
                       cloudnet-isolate
      to br100:    ACCEPT
    cloudnet-INPUT
      from br100:  cloudnet-br100-in
                     cloudnet-br100-iso …

Where packets come from is decided before where they go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from cloudnet.agent.firewall.iptables.chain_cache import ChainCache
from cloudnet.agent.firewall.iptables.dispatch import coming_from, dispatch, going_to
from cloudnet.agent.firewall.iptables.matches import NOT_DNATED, port_match
from cloudnet.agent.firewall.policy import GuestNetwork, HostPolicy, Policy
from cloudnet.agent.node.resources.iptables_table import CHAIN, Rule, Table

ISOLATE = f"{CHAIN}isolate"


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
        networks = tuple(each.network for each in policy.networks)
        inputs = (
            policy.host,
            networks,
            policy.fixed_ranges,
            policy.orphan_bridges,
            policy.host_bridges,
        )
        if inputs != self._inputs:
            self._inputs = inputs
            bridges = _bridges(networks, policy)
            for bridge in bridges:
                self._add_bridge(bridge, policy.host)
            self._add_isolation(policy)
            self._add_hooks(bridges, policy.host)
            self._table = self._cache.collect()
        return self._table

    def _add_bridge(self, bridge: _Bridge, host: HostPolicy) -> None:
        inputs = (tuple(bridge.networks), bridge.carries_host, host)
        add = self._cache.add
        add(bridge.chain("fwd"), inputs, lambda: _forwarding(bridge, host))
        if bridge.isolated or not bridge.networks:
            add(bridge.chain("in"), inputs, lambda: _to_the_host(bridge, host))
        if bridge.isolated:
            add(bridge.chain("iso"), inputs, lambda: _isolation(bridge))

    def _add_isolation(self, policy: Policy) -> None:
        inputs = (policy.fixed_ranges, policy.host)
        self._cache.add(ISOLATE, inputs, lambda: _isolate(policy))

    def _add_hooks(self, bridges: Sequence[_Bridge], host: HostPolicy) -> None:
        gateways = [
            network for bridge in bridges for network in bridge.networks if network.is_gateway
        ]
        forward = (
            *(
                rule
                for bridge in bridges
                for network in bridge.networks
                if network.is_gateway and not network.has_route
                for rule in bridge.refuse(_cut_off(network, host))
            ),
            *dispatch(self._cache, "fwd", _chains(bridges, "fwd"), coming_from),
            *dispatch(
                self._cache,
                "to",
                {network.bridge: "ACCEPT" for network in gateways if network.has_route},
                going_to,
            ),
        )
        filtered = [bridge for bridge in bridges if bridge.isolated or not bridge.networks]
        to_the_host = dispatch(self._cache, "in", _chains(filtered, "in"), coming_from)
        self._cache.add(f"{CHAIN}FORWARD", forward, lambda: forward, "FORWARD")
        self._cache.add(f"{CHAIN}INPUT", to_the_host, lambda: to_the_host, "INPUT")


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


# vm9 on node2 calls an address of another project; node2's default route is by node1.
#   On node2 it comes from br100, so it meets cloudnet-isolate: DROP.
#   On node1 that could not be decided: after node2's SNAT the packet comes in by eth0 from node2's
#   own address, no bridge's chain applies, and nothing tells vm9 from node2. For the same reason
#   node1 passes on what node2 may send: no chain of ours in its POSTROUTING applies, its operator's
#   rules masquerade it.
def _isolate(policy: Policy) -> Iterator[Rule]:
    """What all networks have in common, once: a new range must not rewrite all networks' chains."""
    for zone in policy.host.permitted_zones:
        yield Rule("RETURN", destination=zone)
    for fixed in policy.fixed_ranges:
        yield Rule(policy.host.refusal, destination=fixed, matches=NOT_DNATED)


def _forwarding(bridge: _Bridge, host: HostPolicy) -> Iterator[Rule]:
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
    for network in gateways:
        # Nobody leaves under an address of another network, be it as its guest or as its floating
        # IP: the source decides about NAT.
        yield within
        yield Rule("ACCEPT", in_interface=bridge.name, source=network.cidr)
    if gateways:
        yield from refuse


def _cut_off(network: GuestNetwork, host: HostPolicy) -> Rule:
    """Let nothing into a network without a route; its own bridge's chain decides about frames."""
    own = network.bridge
    return Rule(host.refusal, in_interface=f"!{own}", out_interface=own)


def _to_the_host(bridge: _Bridge, host: HostPolicy) -> Iterator[Rule]:
    """DHCP and DNS, and whatever else the host lets in; nothing from a foreign address."""
    refuse = tuple(bridge.refuse(Rule(host.refusal, in_interface=bridge.name)))
    if not bridge.networks:
        yield from refuse
        return
    yield Rule(bridge.chain("iso"), in_interface=bridge.name)
    for network in bridge.isolated:
        if network.serves_dhcp:
            yield _service(network, "udp", 67)  # from 0.0.0.0: a client has no address yet
            yield _service(network, "udp", 53, network.cidr)
            yield _service(network, "tcp", 53, network.cidr)
        yield Rule("RETURN", in_interface=bridge.name, source=network.cidr)
        yield from refuse


def _service(
    network: GuestNetwork, protocol: str, port: int, source: IPv4Network | None = None
) -> Rule:
    return Rule(
        "ACCEPT",
        source=source,
        in_interface=network.bridge,
        protocol=protocol,
        matches=(port_match(protocol, port),),
    )
