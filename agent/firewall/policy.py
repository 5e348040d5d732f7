"""Pure: what the firewall of a host must do, in terms of networks, addresses and NAT mappings.

A policy names no chain, table, set or verdict: a renderer turns it into the rules of one kind of
firewall. Everything that grows with the cloud (networks, ranges, NAT mappings) is a tuple of plain
values, and one network's part depends on that network's snapshot and the settings alone.

The meaning is nova-network's. Four things differ: projects are kept apart at layer 3, before
anything is accepted; no packet passes or reaches the host from an address that is not of its
network; DHCP and DNS are opened only on the ports and protocols that they use; and nothing is
SNATed without an interface to leave by.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

from cloudnet.common.settings.views import NatSettings
from cloudnet.common.wire.objects import FixedRanges, FloatingIp, NetworkSnapshot, Topology


@dataclass(frozen=True)
class GuestNetwork:
    """What the firewall must know of one network, NAT mappings aside."""

    bridge: str
    cidr: IPv4Network
    # The operator isolates and routes a flat network. Guests of every other network reach no fixed
    # address outside their own network, except through a floating IP or in a permitted zone.
    is_flat: bool
    is_gateway: bool  # the host routes for its guests; otherwise it only bridges their frames
    has_route: bool  # guests have a default route; without one the network is cut off
    serves_dhcp: bool  # and DNS
    has_snat: bool  # guests without a floating IP leave under the host's address


@dataclass(frozen=True)
class NetworkPolicy:
    """What the firewall does for one network."""

    network: GuestNetwork
    nat_mappings: tuple[FloatingIp, ...]  # in the order of their floating addresses


@dataclass(frozen=True)
class HostPolicy:
    """What is the same for all networks of a host."""

    permitted_zones: tuple[IPv4Network, ...]  # reached by all guests, under their own addresses
    metadata_address: IPv4Address  # where the metadata service of 169.254.169.254 is
    metadata_port: int
    public_interface: str | None  # of NAT mappings that name none, and of SNAT
    snat_address: IPv4Address | None  # None: no SNAT
    refusal: str  # what happens to refused packets, as the operator named it

    @classmethod
    def of(cls, settings: NatSettings) -> HostPolicy:
        """Return what the settings ask for."""
        return cls(
            permitted_zones=settings.dmz_cidr,
            metadata_address=settings.metadata_host,
            metadata_port=settings.metadata_port,
            public_interface=settings.public_interface,
            snat_address=settings.routing_source_ip,
            refusal=settings.drop_action,
        )


@dataclass(frozen=True)
class Policy:
    """What the firewall of a host does."""

    host: HostPolicy
    networks: tuple[NetworkPolicy, ...] = ()  # in the order of their uuids
    fixed_ranges: tuple[IPv4Network, ...] = ()  # of all networks of the cloud, collapsed
    # Bridges of removed networks that still have guests: they reach nobody by this host.
    orphan_bridges: tuple[str, ...] = ()
    # They carry the host's own traffic, too: only packets of guests are refused there.
    host_bridges: tuple[str, ...] = ()


class PolicyBuilder:
    """Builds policies; what did not change is the same object as in the policy before."""

    def __init__(self, settings: NatSettings) -> None:
        self._policy = Policy(HostPolicy.of(settings))
        self._known: dict[str, tuple[NetworkSnapshot, NetworkPolicy]] = {}  # by uuid
        self._collapsed: tuple[tuple[IPv4Network, ...], tuple[IPv4Network, ...]] = ((), ())

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
        policy = Policy(
            self._policy.host,
            networks,
            self._fixed_ranges(networks, ranges),
            tuple(sorted(orphan_bridges)),
            tuple(sorted(host_bridges)),
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
        return NetworkPolicy(old.network, mappings)

    def _fixed_ranges(
        self, networks: Iterable[NetworkPolicy], ranges: FixedRanges
    ) -> tuple[IPv4Network, ...]:
        """Return the ranges, with the host's own networks: the controller may not have sent any."""
        own = (policy.network.cidr for policy in networks if not policy.network.is_flat)
        single = (*ranges.ranges, *own)
        if single != self._collapsed[0]:
            self._collapsed = (single, tuple(collapse_addresses(single)))
        return self._collapsed[1]


def _shared(old: tuple[FloatingIp, ...], new: tuple[FloatingIp, ...]) -> tuple[FloatingIp, ...]:
    """Return the new values, made of the old objects at the beginning and the end where equal.

    Comparing two addresses costs far more than finding that they are one object, and renderers
    compare each mapping several times.
    """
    shorter = min(len(old), len(new))
    same = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    if same == len(old) == len(new):
        return old
    rest = shorter - same
    end = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    return old[:same] + new[same : len(new) - end] + old[len(old) - end :]


def network_policy(snapshot: NetworkSnapshot, host: HostPolicy) -> NetworkPolicy:
    """Return what the firewall does for one network."""
    is_flat = snapshot.topology is Topology.FLAT
    is_gateway = snapshot.host_address is not None
    can_snat = host.snat_address is not None and host.public_interface is not None
    network = GuestNetwork(
        bridge=snapshot.bridge,
        cidr=snapshot.cidr,
        is_flat=is_flat,
        is_gateway=is_gateway,
        has_route=snapshot.gateway is not None,
        serves_dhcp=is_gateway and snapshot.enable_dhcp and not is_flat,
        has_snat=can_snat and is_gateway and snapshot.gateway == snapshot.host_address,
    )
    return NetworkPolicy(network, snapshot.floating_ips if is_gateway else ())
