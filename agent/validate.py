"""What a node can be asked for: a snapshot of the right types may still make no sense.

The controller makes none that does not. Whoever else can write to the queue must not have a node
build what no kernel can have, or what would be reported under a name that nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from uuid import UUID

from cloudnet.common import limits
from cloudnet.common.errors import InvalidInput
from cloudnet.common.limits import is_device_name
from cloudnet.common.wire.objects import FloatingIp, NetworkSnapshot, Snapshot, Topology, Vif


def validated(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot if a node could have it.

    :raises InvalidInput: it could not, and which field says so
    """
    for field, value, is_right in _fields(snapshot):
        if not is_right:
            raise InvalidInput(f"{type(snapshot).__name__}.{field}: {value!s:.60} makes no sense")
    return snapshot


Field = tuple[str, object, bool]


def _fields(snapshot: Snapshot) -> Iterator[Field]:
    yield "network", snapshot.network, _is_uuid(snapshot.network)
    yield "revision", snapshot.revision, snapshot.revision in limits.REVISION
    if isinstance(snapshot, NetworkSnapshot):
        yield from _links(snapshot)
        yield from _addresses(snapshot)
        for vif in snapshot.vifs:
            yield "vifs", vif, _is_guest(vif, snapshot)
        for ip in snapshot.floating_ips:
            yield "floating_ips", ip, _is_public(ip, snapshot)


def _links(network: NetworkSnapshot) -> Iterator[Field]:
    nic, vlan, mtu = network.bridge_interface, network.vlan, network.mtu
    yield "bridge", network.bridge, is_device_name(network.bridge)
    yield "bridge_interface", nic, nic is None or is_device_name(nic)
    is_tagged = network.topology is Topology.VLAN
    yield "vlan", vlan, vlan in limits.VLAN_ID if is_tagged else vlan is None
    yield "mtu", mtu, mtu is None or mtu in limits.MTU


def _addresses(network: NetworkSnapshot) -> Iterator[Field]:
    host, gateway = network.host_address, network.gateway
    yield "host_address", host, host is None or _is_inside(host, network)
    yield "gateway", gateway, gateway is None or _is_inside(gateway, network)
    yield "dhcp_start", network.dhcp_start, _is_inside(network.dhcp_start, network)


def _is_guest(vif: Vif, network: NetworkSnapshot) -> bool:
    return (
        limits.is_unicast_mac(vif.mac)
        and limits.is_hostname(vif.hostname)
        and _is_inside(vif.address, network)
    )


def _is_public(ip: FloatingIp, network: NetworkSnapshot) -> bool:
    return (
        limits.can_be_floating_ip(ip.address)
        and _is_inside(ip.fixed, network)
        and (ip.interface is None or is_device_name(ip.interface))
    )


def _is_inside(address: IPv4Address, network: NetworkSnapshot) -> bool:
    return address in network.cidr and address not in {network.cidr[0], network.cidr[-1]}


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
