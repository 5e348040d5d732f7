"""Changes of a network that hosts may have already: pure, from a row and an edit to new columns."""

from __future__ import annotations

from dataclasses import dataclass, fields
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Any

from cloudnet.common.errors import AddressOutOfRange, BadRequest, InvalidCidr
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model import validation
from cloudnet.controller.model.records import Network

CLEARABLE = ("dhcp_server", "dns1", "dns2", "gateway_v6", "mtu", "priority")


@dataclass(frozen=True)
class NetworkEdit:
    """What changes; None: that stays as it is."""

    label: str | None = None
    cidr: IPv4Network | None = None  # a wider range
    gateway: IPv4Address | None = None
    gateway_v6: IPv6Address | None = None
    dhcp_server: IPv4Address | None = None
    dns1: IPv4Address | IPv6Address | None = None
    dns2: IPv4Address | IPv6Address | None = None
    mtu: int | None = None
    priority: int | None = None
    enable_dhcp: bool | None = None
    host: str | None = None
    clear: frozenset[str] = frozenset()  # columns of CLEARABLE that get no value

    @property
    def values(self) -> dict[str, Any]:
        """The columns that are named, with their new values; Any: each column's type."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        del named["clear"]
        return {name: value for name, value in named.items() if value is not None} | dict.fromkeys(
            sorted(self.clear)
        )


def plan_edit(network: Network, edit: NetworkEdit) -> dict[str, Any]:
    """Return the columns that change, with those that follow from them.

    :raises BadRequest: the edit contradicts itself or the network
    """
    unknown = edit.clear.difference(CLEARABLE)
    if unknown:
        raise BadRequest(f"{sorted(unknown)[0]} cannot be cleared; {', '.join(CLEARABLE)} can")
    both = [name for name in sorted(edit.clear) if getattr(edit, name) is not None]
    if both:
        raise BadRequest(f"{both[0]} is both set and cleared; do one of the two")
    if edit.label is not None:
        validation.parse_argument("label", validation.parse_text, edit.label)
    if edit.host is not None and network.multi_host:
        raise BadRequest(
            f"network {network.label} is multi-host: every host is its own gateway; leave host out"
        )
    if edit.enable_dhcp and network.topology is Topology.FLAT:
        raise BadRequest(f"network {network.label} is flat: no host serves DHCP on it")
    if edit.gateway_v6 is not None and network.cidr_v6 is None:
        raise BadRequest(f"network {network.label} has no IPv6 range; leave gateway_v6 out")
    columns = edit.values
    if edit.cidr is not None:
        columns |= _widen(network, edit.cidr)
    cidr = edit.cidr or network.cidr
    for name in ("gateway", "dhcp_server"):
        _require_host(cidr, name, getattr(edit, name))
    return columns


def _widen(network: Network, cidr: IPv4Network) -> dict[str, Any]:
    """Return the columns of a network with a wider range; the end of the pool moves with it."""
    validation.parse_argument("cidr", validation.require_guest_range, cidr)
    starts_alike = cidr.network_address == network.cidr.network_address
    if not starts_alike or cidr.prefixlen > network.cidr.prefixlen:
        raise InvalidCidr(
            f"cidr {cidr}: network {network.label} ({network.cidr}) can only get a larger range "
            f"that begins with {network.cidr.network_address}"
        )
    growth = cidr.num_addresses - network.cidr.num_addresses
    return {
        "netmask": cidr.netmask,
        "broadcast": cidr.broadcast_address,
        "dhcp_end": network.dhcp_end + growth,
        "pool_end": network.pool_end + growth,
    }


def _require_host(cidr: IPv4Network, name: str, address: IPv4Address | None) -> None:
    if address is not None and not cidr[0] < address < cidr[-1]:
        raise AddressOutOfRange(
            f"{name} {address} is not a host of {cidr}; give one from {cidr[1]} to {cidr[-2]}"
        )
