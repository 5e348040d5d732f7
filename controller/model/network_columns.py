"""Planning the columns of new networks that no host uses: IPv6 ranges and VPN ports."""

from __future__ import annotations

from typing import Any

from cloudnet.common.errors import AddressOutOfRange, BadRequest, InvalidIntValue
from cloudnet.controller.model import ipam, ipv6, validation
from cloudnet.controller.model.network_request import ExistingNetworks, NetworkRequest

Columns = dict[str, Any]  # Any: each column's type


def plan_other_columns(
    request: NetworkRequest, count: int, size: int, existing: ExistingNetworks
) -> list[Columns]:
    """Return the columns of each network; ``size`` is its number of IPv4 addresses."""
    return [
        network_v6 | vpn
        for network_v6, vpn in zip(
            _plan_ipv6(request, count, size, existing), _plan_vpn_ports(request, count), strict=True
        )
    ]


def _plan_ipv6(
    request: NetworkRequest, count: int, size: int, existing: ExistingNetworks
) -> list[Columns]:
    cidr, gateway = request.cidr_v6, request.gateway_v6
    if cidr is None:
        if gateway is not None:
            raise BadRequest(f"gateway_v6 {gateway} needs cidr_v6; give both or neither")
        return [{}] * count
    prefix = ipv6.prefix_length(cidr.prefixlen, size)
    picked = ipam.pick_subnets(
        cidr, count, prefix, existing.ranges_v6, f"of /{prefix}", labels=existing.labels
    )
    if gateway is not None and gateway not in picked[0] and not gateway.is_link_local:
        raise AddressOutOfRange(f"gateway_v6 {gateway} is not inside {picked[0]}")
    return [
        {
            "cidr_v6": subnet,
            "netmask_v6": str(subnet.prefixlen),
            "gateway_v6": gateway or subnet[1],
        }
        for subnet in picked
    ]


def _plan_vpn_ports(request: NetworkRequest, count: int) -> list[Columns]:
    start, highest = request.vpn_start, validation.PORT[1]
    if start is None:
        return [{}] * count
    if start + count - 1 > highest:
        raise InvalidIntValue(f"vpn_start {start}: the last network's port is above {highest}")
    return [{"vpn_public_port": start + number} for number in range(count)]
