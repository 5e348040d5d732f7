"""Splitting ranges into networks and networks into pools: arithmetic on addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, collapse_addresses
from typing import TypeVar

from cloudnet.common.errors import AddressOutOfRange, CidrConflict, InvalidIntValue

Range = TypeVar("Range", IPv4Network, IPv6Network)

Labels = Mapping[IPv4Network | IPv6Network, str]
NO_LABELS: Labels = {}


@dataclass(frozen=True)
class Layout:
    """The use of each address of a network."""

    gateway: IPv4Address
    vpn: IPv4Address | None  # None: not a VLAN network
    dhcp_start: IPv4Address
    dhcp_end: IPv4Address
    reserved: tuple[IPv4Address, ...]  # sorted; never allocated to guests


def prefix_length(size: int) -> int:
    """Return the prefix length of the smallest network with at least ``size`` addresses."""
    return 32 - (size - 1).bit_length()


def pick_ranges(
    cidr: IPv4Network,
    count: int,
    size: int,
    existing: Sequence[IPv4Network],
    labels: Labels = NO_LABELS,
) -> list[IPv4Network]:
    """Return the first ``count`` networks of ``size`` addresses that overlap nothing existing.

    :param labels: of the existing networks, for errors
    :raises InvalidIntValue: the range could not hold so many even if it were empty
    :raises CidrConflict: existing networks leave too little of it
    """
    prefix = prefix_length(size)
    return pick_subnets(
        cidr, count, prefix, existing, f"of {2 ** (32 - prefix)} addresses", labels=labels
    )


def pick_subnets(
    cidr: Range,
    count: int,
    prefix: int,
    existing: Sequence[Range],
    what: str,
    *,
    labels: Labels = NO_LABELS,
) -> list[Range]:
    """Return the first ``count`` networks with a prefix length that overlap nothing existing.

    :param what: describes the networks in errors
    :param labels: of the existing networks, for errors
    """
    capacity = 0 if prefix < cidr.prefixlen else 2 ** (prefix - cidr.prefixlen)
    if capacity < count:
        raise InvalidIntValue(
            f"{cidr} has room for {capacity} networks {what}, not for "
            f"{count}; give a larger range, fewer networks or a smaller network size"
        )
    step = 2 ** (cidr.max_prefixlen - prefix)
    remaining = (other for other in collapse_addresses(existing) if other.overlaps(cidr))
    picked: list[Range] = []
    start, end = int(cidr.network_address), int(cidr.broadcast_address) + 1
    block = next(remaining, None)
    while len(picked) < count and start + step <= end:
        if block is not None and int(block.broadcast_address) < start:
            block = next(remaining, None)
        elif block is not None and int(block.network_address) < start + step:
            start = -(-(int(block.broadcast_address) + 1) // step) * step
        else:
            picked.append(type(cidr)((start, prefix)))
            start += step
    if len(picked) < count:
        overlapping = sorted({other for other in existing if other.overlaps(cidr)})
        left = f"room for only {len(picked)} of {count}" if picked else "no room for"
        raise CidrConflict(
            f"{cidr} overlaps {_some(overlapping, labels)} and has {left} networks {what}; choose "
            "another range"
        )
    return picked


def plan_layout(
    cidr: IPv4Network,
    *,
    vpn: bool,
    gateway: IPv4Address | None = None,
    dhcp_server: IPv4Address | None = None,
    first: IPv4Address | None = None,
    last: IPv4Address | None = None,
    vpn_clients: int = 0,
) -> Layout:
    """Return the layout of a network, the same one as nova-network's.

    The first address (or ``first``) is the gateway, with ``vpn`` the next one is the project's VPN
    server, and after it the pool starts. It ends before the VPN clients and the broadcast address
    (or with ``last``). With a ``gateway`` of its own, the first address is not used for it.

    :raises AddressOutOfRange: a given address is not a host of the network
    :raises InvalidIntValue: no address is left for the pool
    """
    if cidr.num_addresses < 4:
        raise _too_small(cidr, vpn=vpn)
    _require_host(cidr, "gateway", gateway)
    _require_host(cidr, "dhcp_server", dhcp_server)
    _require_host(cidr, "allowed_start", first)
    _require_host(cidr, "allowed_end", last)
    cursor = first or cidr.network_address + 1
    if gateway is None:
        gateway = cursor
    used = {gateway} if dhcp_server is None else {gateway, dhcp_server}
    end = last or cidr.broadcast_address - 1 - vpn_clients
    cursor = _skip(cursor, used)
    vpn_address = None
    if vpn and cursor <= end:
        vpn_address = cursor
        used.add(cursor)
        cursor = _skip(cursor, used)
    if cursor > end:
        raise _too_small(cidr, vpn=vpn)
    reserved = sorted({cidr.network_address, *used, cidr.broadcast_address})
    return Layout(gateway, vpn_address, cursor, end, tuple(reserved))


def collapse_ranges(ranges: Iterable[IPv4Network]) -> tuple[IPv4Network, ...]:
    """Return the smallest number of networks that cover the same addresses."""
    return tuple(collapse_addresses(ranges))


def _require_host(cidr: IPv4Network, argument: str, address: IPv4Address | None) -> None:
    if address is not None and not cidr[0] < address < cidr[-1]:
        raise AddressOutOfRange(
            f"{argument} {address} is not a host of {cidr}; give one from {cidr[1]} to {cidr[-2]}"
        )


def _too_small(cidr: IPv4Network, *, vpn: bool) -> InvalidIntValue:
    return InvalidIntValue(
        f"{cidr} is too small: after gateway{', VPN' if vpn else ''} and broadcast no address "
        f"is left for guests; give it at least {'8' if vpn else '4'} addresses"
    )


def _skip(cursor: IPv4Address, used: set[IPv4Address]) -> IPv4Address:
    while cursor in used:
        cursor += 1
    return cursor


def _some(networks: Sequence[Range], labels: Labels) -> str:
    shown = ", ".join(
        f"network {labels[network]} {network}" if network in labels else str(network)
        for network in networks[:3]
    )
    return shown if len(networks) <= 3 else f"{shown} and {len(networks) - 3} more"
