"""Pure: what the firewall of a host must do, in terms of networks, addresses and NAT mappings.

A policy names no chain, table, set or verdict: a renderer turns it into the rules of one kind of
firewall. Everything that grows with the cloud (networks, ranges, NAT mappings) is a tuple of plain
values, and one network's part depends on that network's snapshot and the settings alone.

The meaning is nova-network's, except for these differences:

* Projects are kept apart at layer 3, before anything is accepted.
* No packet of a guest passes or reaches the host from an address that is not of its network.
* Guests are reached from outside by a NAT mapping, by the answers to their own connections and from
  permitted zones, not by their fixed addresses; the operator may route ranges to the host instead.
* Where the host does SNAT, no fixed address is the source of a packet on a public interface.
* Guests reach a short list of the host's services.
* Nothing is SNATed without an interface to leave by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

from cloudnet.agent.firewall.ranges import subtract
from cloudnet.agent.node.incremental import count_common_ends
from cloudnet.common.settings.views import HostService, NatSettings
from cloudnet.common.wire.objects import FixedRanges, FloatingIp, NetworkSnapshot, Topology


@dataclass(frozen=True)
class GuestNetwork:
    """What the firewall must know of one network, NAT mappings aside."""

    bridge: str
    cidr: IPv4Network
    # The operator isolates and routes a flat network. Guests of every other network reach no fixed
    # address outside their own network, except through a floating IP or in a permitted zone.
    is_flat: bool
    host_address: IPv4Address | None  # the host's own; None: it only bridges guests' frames
    has_route: bool  # guests have a default route; without one the network is cut off
    serves_dhcp: bool  # and DNS
    has_snat: bool  # guests without a floating IP leave under the host's address

    @property
    def is_gateway(self) -> bool:
        """Whether the host routes for its guests."""
        return self.host_address is not None


@dataclass(frozen=True)
class NetworkPolicy:
    """What the firewall does for one network."""

    network: GuestNetwork
    nat_mappings: tuple[FloatingIp, ...] = ()  # in the order of their floating addresses
    interfaces: frozenset[str] = frozenset()  # that the NAT mappings name


@dataclass(frozen=True)
class HostPolicy:
    """What is the same for all networks of a host."""

    # Zones and guests reach each other under their own addresses.
    permitted_zones: tuple[IPv4Network, ...]
    routed_ranges: tuple[IPv4Network, ...]  # whose guests are reached under their own addresses
    services: tuple[HostService, ...]  # that guests may use besides cloudnet's own
    metadata_address: IPv4Address  # where the metadata service of 169.254.169.254 is
    metadata_port: int
    public_interface: str | None  # of NAT mappings that name none, and of SNAT
    snat_address: IPv4Address | None  # None: no SNAT
    refusal: str  # what happens to refused packets, as the operator named it

    @classmethod
    def of(cls, settings: NatSettings) -> HostPolicy:
        """Return the policy that the settings define."""
        return cls(
            permitted_zones=settings.dmz_cidr,
            routed_ranges=settings.routed_ranges,
            services=settings.services,
            metadata_address=settings.metadata_host,
            metadata_port=settings.metadata_port,
            public_interface=settings.public_interface,
            snat_address=settings.routing_source_ip,
            refusal=settings.drop_action,
        )

    @property
    def metadata_network(self) -> IPv4Network:
        return IPv4Network(self.metadata_address)

    @property
    def does_snat(self) -> bool:
        """Whether guests leave under the host's address; otherwise the operator routes theirs."""
        return self.snat_address is not None and self.public_interface is not None


@dataclass(frozen=True)
class Policy:
    """What the firewall of a host does."""

    host: HostPolicy
    networks: tuple[NetworkPolicy, ...] = ()  # in the order of their uuids
    fixed_ranges: tuple[IPv4Network, ...] = ()  # of all networks of the cloud, collapsed
    # Fixed ranges that nothing outside a bridge may use as a source: neither the operator nor a
    # flat network of this host routes them.
    bridged_ranges: tuple[IPv4Network, ...] = ()
    # Bridged ranges of which the host is a gateway, without those that its other addresses are in.
    own_ranges: tuple[IPv4Network, ...] = ()
    # Where no fixed address may be seen; none if the host does no SNAT.
    public_interfaces: tuple[str, ...] = ()
    # Bridges of removed networks that still have guests: they reach nobody by this host.
    orphan_bridges: tuple[str, ...] = ()
    # They carry the host's own traffic, too: only packets of guests are refused there.
    host_bridges: tuple[str, ...] = ()


class PolicyBuilder:
    """Builds policies; what did not change is the same object as in the policy before."""

    def __init__(self, settings: NatSettings) -> None:
        self._policy = Policy(HostPolicy.of(settings))
        self._known: dict[str, tuple[NetworkSnapshot, NetworkPolicy]] = {}  # by uuid
        self._ranges: tuple[object, _Ranges] = (None, _Ranges())  # with what they were made from

    def build(
        self,
        snapshots: Iterable[NetworkSnapshot],
        ranges: FixedRanges,
        orphan_bridges: Iterable[str] = (),
        host_bridges: Iterable[str] = (),
    ) -> Policy:
        """Return the policy of a host with these networks."""
        self._known = {
            snapshot.network: (snapshot, self._network_policy(snapshot))
            for snapshot in sorted(snapshots, key=lambda snapshot: snapshot.network)
        }
        networks = tuple(policy for _, policy in self._known.values())
        found = self._collapse(networks, ranges)
        policy = Policy(
            self._policy.host,
            networks,
            fixed_ranges=found.fixed,
            bridged_ranges=found.bridged,
            own_ranges=found.own,
            public_interfaces=_public_interfaces(networks, self._policy.host),
            orphan_bridges=tuple(sorted(orphan_bridges)),
            host_bridges=tuple(sorted(host_bridges)),
        )
        if policy != self._policy:
            self._policy = policy
        return self._policy

    def _network_policy(self, snapshot: NetworkSnapshot) -> NetworkPolicy:
        """Return a network's policy, made of the known objects where they are equal."""
        known, old = self._known.get(snapshot.network, (None, None))
        if known is snapshot and old is not None:
            return old
        new = network_policy(snapshot, self._policy.host)
        if old is None or old.network != new.network:
            return new
        mappings = _shared(old.nat_mappings, new.nat_mappings)
        if mappings is old.nat_mappings:
            return old
        return replace(new, network=old.network, nat_mappings=mappings)

    def _collapse(self, networks: Iterable[NetworkPolicy], ranges: FixedRanges) -> _Ranges:
        guest_networks = [each.network for each in networks]
        inputs = (guest_networks, ranges.ranges)
        if inputs != self._ranges[0]:
            self._ranges = (inputs, _Ranges.of(*inputs, self._policy.host))
        return self._ranges[1]


@dataclass(frozen=True)
class _Ranges:
    """The ranges of a policy."""

    fixed: tuple[IPv4Network, ...] = ()
    bridged: tuple[IPv4Network, ...] = ()
    own: tuple[IPv4Network, ...] = ()

    @classmethod
    def of(
        cls,
        networks: Iterable[GuestNetwork],
        ranges: tuple[IPv4Network, ...],
        host: HostPolicy,
    ) -> _Ranges:
        """Return them for a host with these networks, in a cloud with these ranges."""
        isolated = [network for network in networks if not network.is_flat]
        # With the host's own networks: the controller may not have sent any ranges.
        fixed = subtract((*ranges, *(network.cidr for network in isolated)), ())
        flat = (network.cidr for network in networks if network.is_flat)
        # A rule about a range that the host has other addresses in could cut the host off.
        others = [each for each in (host.snat_address, host.metadata_address) if each is not None]
        own = (
            network.cidr
            for network in isolated
            if network.is_gateway and not any(address in network.cidr for address in others)
        )
        return cls(
            fixed=fixed,
            bridged=subtract(fixed, (*host.routed_ranges, *flat)),
            own=subtract(own, host.routed_ranges),
        )


def _public_interfaces(networks: Sequence[NetworkPolicy], host: HostPolicy) -> tuple[str, ...]:
    """Return them, without bridges of guests: what leaves by such a one may be for a guest."""
    if not host.does_snat or not any(each.network.is_gateway for each in networks):
        return ()
    bridges = {each.network.bridge for each in networks}
    named = {name for each in networks for name in each.interfaces}
    return tuple(sorted({str(host.public_interface), *named} - bridges))


def _shared(old: tuple[FloatingIp, ...], new: tuple[FloatingIp, ...]) -> tuple[FloatingIp, ...]:
    """Return the new values, made of the old objects at the beginning and the end where equal.

    Comparing two addresses costs far more than finding that they are one object, and renderers
    compare each mapping several times.
    """
    head, tail = count_common_ends(old, new)
    if head == len(old) == len(new):
        return old
    return old[:head] + new[head : len(new) - tail] + old[len(old) - tail :]


def network_policy(snapshot: NetworkSnapshot, host: HostPolicy) -> NetworkPolicy:
    """Return what the firewall does for one network."""
    is_flat = snapshot.topology is Topology.FLAT
    is_gateway = snapshot.host_address is not None
    network = GuestNetwork(
        bridge=snapshot.bridge,
        cidr=snapshot.cidr,
        is_flat=is_flat,
        host_address=snapshot.host_address,
        has_route=snapshot.gateway is not None,
        serves_dhcp=is_gateway and snapshot.enable_dhcp and not is_flat,
        has_snat=host.does_snat and is_gateway and snapshot.gateway == snapshot.host_address,
    )
    mappings = snapshot.floating_ips if is_gateway else ()
    interfaces = frozenset(each.interface for each in mappings if each.interface is not None)
    return NetworkPolicy(network, mappings, interfaces)
