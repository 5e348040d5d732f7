"""Pure: snapshots in the controller's words -> a node in kernel words.

What cannot be had on this node (a NIC that is not there) becomes a problem of its network: what
stands of that network is left alone, and the other networks go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Interface

from cloudnet.agent.firewall.renderer import FirewallRenderer
from cloudnet.agent.node import dnsmasq
from cloudnet.agent.node.resources.actual import ActualState, Nic
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.base import Resource, Resources, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.forwarding import Forwarding
from cloudnet.agent.node.resources.port import Port
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import Fault, FixedRanges, NetworkSnapshot, Topology

DEFAULT_MTU = 1500  # of a bridge over nothing


@dataclass(frozen=True)
class Rendered:
    """What a node should have."""

    resources: Resources
    networks: Mapping[
        str, frozenset[str]
    ]  # uuid -> keys of the resources that the network rests on
    preserved: frozenset[str] = frozenset()  # bridges of networks that cannot be had just now
    faults: tuple[Fault, ...] = field(default=())


class _CannotBeHad(Exception):  # noqa: N818 - a sentence, caught in this file
    """Why this node cannot have a network."""


def render(
    snapshots: Sequence[NetworkSnapshot],
    ranges: FixedRanges,
    settings: AgentSettings,
    found: ActualState,
    firewall: FirewallRenderer | None = None,
) -> Rendered:
    """Return what the node, as it was found, must have for the networks in ``snapshots``.

    :param firewall: of this host, which reuses what it rendered before; None: a new one
    """
    snapshots = sorted(snapshots, key=lambda snapshot: snapshot.network)
    resources: dict[str, Resource] = {}
    networks: dict[str, frozenset[str]] = {}
    preserved: set[str] = set()
    faults: list[Fault] = []
    # Rules name bridges and addresses, not NICs: they stand whether or not a NIC is there.
    renderer = firewall or FirewallRenderer(settings.nat)
    rules = renderer.render(snapshots, ranges, _held(snapshots, found))
    tables = by_key(*rules.tables)
    for snapshot in snapshots:
        try:
            own = by_key(*_network(snapshot, settings, found.nics))
            if taken := {key for key in own.keys() & resources.keys() if key != Forwarding().key}:
                raise _CannotBeHad(f"another network has {', '.join(sorted(taken))} here")
        except _CannotBeHad as reason:
            faults.append(Fault(snapshot.network, f"{snapshot.label}: {reason}"))
            preserved.add(snapshot.bridge)
            continue
        resources |= own
        networks[snapshot.network] = frozenset(own.keys() | tables.keys())
    resources |= tables | by_key(*rules.nat_mappings)
    for snapshot in snapshots:
        addresses, without = _floating(snapshot, settings, found.nics)
        resources |= addresses
        faults += without
    return Rendered(resources, networks, frozenset(preserved), tuple(faults))


def _held(snapshots: Sequence[NetworkSnapshot], found: ActualState) -> list[str]:
    """Return the bridges of no network that have guests in them: those stay, and stay apart."""
    wanted = {snapshot.bridge for snapshot in snapshots}
    return sorted(
        resource.name
        for resource in found.resources.values()
        if isinstance(resource, Bridge) and resource.guests and resource.name not in wanted
    )


def _floating(
    network: NetworkSnapshot, settings: AgentSettings, nics: Mapping[str, Nic]
) -> tuple[Resources, list[Fault]]:
    """Return the floating IPs that have a NIC to be on, and what is to be said of the others.

    The network does not rest on them: its guests are wired without, and a floating IP stays where
    it is when the network's own NIC goes away.
    """
    made: list[Resource] = []
    faults: dict[str, None] = {}  # each once, in order
    for ip in network.floating_ips:
        device = ip.interface or settings.nat.public_interface
        if device is None:
            faults[f"floating IP {ip.address} has no NIC to be on; set public_interface"] = None
        elif device not in nics:
            faults[_missing("NIC", device, nics)] = None
        else:
            made.append(PublicAddress(device, ip.address))
    said = [Fault(network.network, f"{network.label}: {line}") for line in faults]
    return by_key(*made), said


def _network(
    network: NetworkSnapshot, settings: AgentSettings, nics: Mapping[str, Nic]
) -> Iterator[Resource]:
    if network.topology is Topology.FLAT:
        if network.bridge not in nics:
            raise _CannotBeHad(_missing("bridge", network.bridge, nics))
        return
    uplink = _uplink(network, settings)
    if uplink is None:
        mtu, mac = network.mtu or DEFAULT_MTU, _mac(network)
    else:
        if (nic := nics.get(uplink)) is None:
            raise _CannotBeHad(_missing("NIC", uplink, nics))
        mtu, mac = network.mtu or nic.mtu, nic.mac
        if mtu > nic.mtu:
            raise _CannotBeHad(
                f"its MTU {mtu} is more than {uplink}'s {nic.mtu}; raise that, or lower this"
            )
        yield _carrier(network, uplink, mtu)
    yield Bridge(network.bridge, network.network, mac, mtu)
    if network.host_address is not None:
        yield from _gateway(network, mtu, settings)


def _carrier(network: NetworkSnapshot, uplink: str, mtu: int) -> Vlan | Port:
    if network.vlan is None:
        return Port(uplink, network.bridge)
    return Vlan(f"vlan{network.vlan}", network.network, uplink, network.vlan, mtu, network.bridge)


def _gateway(network: NetworkSnapshot, mtu: int, settings: AgentSettings) -> Iterator[Resource]:
    yield Forwarding()
    yield Address(network.bridge, IPv4Interface(f"{network.host_address}/{network.cidr.prefixlen}"))
    if network.enable_dhcp:
        yield dnsmasq.dhcp(network, mtu, settings)
        yield from dnsmasq.leases(network)


def _uplink(network: NetworkSnapshot, settings: AgentSettings) -> str | None:
    if network.topology is not Topology.VLAN:
        return settings.flat_interface or network.bridge_interface
    uplink = settings.vlan_interface or network.bridge_interface
    if uplink is None:
        raise _CannotBeHad("no parent NIC is named; set vlan_interface")
    return uplink


def _missing(what: str, name: str, nics: Mapping[str, Nic]) -> str:
    there = ", ".join(sorted(name for name in nics if name != "lo")) or "none"
    return f"{what} {name} is not on this host; there are: {there}"


def _mac(network: NetworkSnapshot) -> str:
    """A MAC for a bridge with no uplink: locally administered, the same after every restart."""
    tail = network.network.replace("-", "")[-10:]
    return ":".join(["02", *(tail[i : i + 2] for i in range(0, 10, 2))])
