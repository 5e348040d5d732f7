"""Refuses snapshots that have the right types but values that no host can have.

The controller sends none, although an operator may have edited its database. The agent checks them
again: others may be able to write to the queue, and the values end up in device names, file names
and command lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import TypeVar

from cloudnet.common import limits
from cloudnet.common.errors import InvalidInput
from cloudnet.common.limits import is_device_name, is_uuid
from cloudnet.common.wire.objects import (
    DnsRecord,
    DnsRecords,
    DnsZone,
    FixedRanges,
    FloatingIp,
    GuestName,
    NetworkSnapshot,
    Origin,
    ReportReply,
    Snapshot,
    SnapshotPatch,
    Topology,
    Vif,
)

T = TypeVar("T")
Field = tuple[str, object, bool]  # name, value, whether it is valid


def validate(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot.

    :raises InvalidInput: a field has an invalid value
    """
    return _check(snapshot, _fields(snapshot))


def validate_patch(patch: SnapshotPatch) -> SnapshotPatch:
    """Return the patch; the snapshot that results from it is checked as any other.

    :raises InvalidInput: its network, a revision or the origin is invalid
    """
    return _check(patch, _fields_of_patch(patch))


def validate_ranges(ranges: FixedRanges) -> FixedRanges:
    """Return the ranges.

    :raises InvalidInput: their revision or their origin is invalid
    """
    return _check(ranges, _fields_of_ranges(ranges))


def validate_dns(records: DnsRecords) -> DnsRecords:
    """Return the names.

    :raises InvalidInput: a field has an invalid value
    """
    return _check(records, _fields_of_dns(records))


def validate_origin(origin: Origin) -> Origin:
    """Return the origin, which the host reports; a controller refuses an invalid one.

    :raises InvalidInput: a field has an invalid value
    """
    return _check(origin, _fields_of_origin(origin))


def validate_reply(reply: ReportReply) -> ReportReply:
    """Return the reply; its snapshots are not checked, since each can be dropped for itself.

    :raises InvalidInput: its ranges or its origin are invalid
    """
    # A controller that never had a network sends revision 0.
    is_first = reply.ranges.revision == 0
    _check(
        reply.ranges,
        _fields_of_origin(reply.ranges.origin) if is_first else _fields_of_ranges(reply.ranges),
    )
    if reply.dns is not None:
        validate_dns(reply.dns)
    return _check(reply, _fields_of_origin(reply.origin))


def _check(message: T, fields: Iterator[Field]) -> T:
    for field, value, is_valid in fields:
        if not is_valid:
            raise InvalidInput(f"{type(message).__name__}.{field}: invalid value {value!s:.60}")
    return message


def _fields_of_ranges(ranges: FixedRanges) -> Iterator[Field]:
    yield "revision", ranges.revision, ranges.revision in limits.REVISION
    yield from _fields_of_origin(ranges.origin)


def _fields_of_dns(records: DnsRecords) -> Iterator[Field]:
    yield "revision", records.revision, records.revision in limits.REVISION
    yield "base", records.base, records.base is None or records.base in limits.REVISION
    for zone in records.zones:
        yield "zones", zone, is_valid_zone(zone)
    for record in records.records:
        yield "records", record, is_valid_record(record)
    yield from _fields_of_origin(records.origin)


def is_valid_zone(zone: DnsZone) -> bool:
    """Return whether dnsmasq can serve the domain."""
    return limits.is_domain_name(zone.domain)


def is_valid_record(record: DnsRecord) -> bool:
    """Return whether dnsmasq can serve the name."""
    return limits.is_domain_name(f"{record.name}.{record.domain}")


def _fields_of_patch(patch: SnapshotPatch) -> Iterator[Field]:
    yield "network", patch.network, is_uuid(patch.network)
    yield "base", patch.base, patch.base in limits.REVISION
    yield "revision", patch.revision, patch.base < patch.revision <= limits.REVISION.highest
    yield from _fields_of_origin(patch.origin)


def _fields_of_origin(origin: Origin | None) -> Iterator[Field]:
    if origin is not None:
        yield "cloud", origin.cloud, is_uuid(origin.cloud)
        yield "generation", origin.generation, origin.generation in limits.GENERATION
        yield "branch", origin.branch, is_uuid(origin.branch)


def _fields(snapshot: Snapshot) -> Iterator[Field]:
    yield "network", snapshot.network, is_uuid(snapshot.network)
    yield "revision", snapshot.revision, snapshot.revision in limits.REVISION
    yield from _fields_of_origin(snapshot.origin)
    if isinstance(snapshot, NetworkSnapshot):
        yield from _links(snapshot)
        yield from _addresses(snapshot)
        for vif in snapshot.vifs:
            yield "vifs", vif, is_valid_vif(vif, snapshot)
        for ip in snapshot.floating_ips:
            yield "floating_ips", ip, is_valid_floating_ip(ip, snapshot)
        for name in snapshot.names:
            yield "names", name, is_valid_name(name, snapshot)


def _links(network: NetworkSnapshot) -> Iterator[Field]:
    nic, vlan, mtu = network.bridge_interface, network.vlan, network.mtu
    yield "bridge", network.bridge, is_device_name(network.bridge)
    yield "bridge_interface", nic, nic is None or is_device_name(nic)
    is_tagged = network.topology is Topology.VLAN
    yield "vlan", vlan, vlan in limits.VLAN_ID if is_tagged else vlan is None
    yield "mtu", mtu, mtu is None or mtu in limits.MTU


def _addresses(network: NetworkSnapshot) -> Iterator[Field]:
    host, gateway = network.host_address, network.gateway
    yield "cidr", network.cidr, limits.find_unusable_range(network.cidr) is None
    yield "host_address", host, host is None or _is_host_address(host, network)
    yield "gateway", gateway, gateway is None or _is_host_address(gateway, network)
    yield "dhcp_start", network.dhcp_start, _is_host_address(network.dhcp_start, network)


def is_valid_vif(vif: Vif, network: NetworkSnapshot) -> bool:
    """Return whether a guest of the network can have this MAC, address and host name."""
    return (
        limits.is_unicast_mac(vif.mac)
        and limits.is_hostname(vif.hostname)
        and _is_host_address(vif.address, network)
    )


def is_valid_name(name: GuestName, network: NetworkSnapshot) -> bool:
    """Return whether a guest of the network can have this host name and address."""
    return limits.is_hostname(name.hostname) and _is_host_address(name.address, network)


def is_valid_floating_ip(ip: FloatingIp, network: NetworkSnapshot) -> bool:
    """Return whether a host can map this address to a guest of the network."""
    return (
        limits.can_be_floating_ip(ip.address)
        and _is_host_address(ip.fixed, network)
        and (ip.interface is None or is_device_name(ip.interface))
    )


def _is_host_address(address: IPv4Address, network: NetworkSnapshot) -> bool:
    # As numbers: a snapshot may have a hundred thousand guests.
    cidr = network.cidr
    return int(cidr.network_address) < int(address) < int(cidr.broadcast_address)
