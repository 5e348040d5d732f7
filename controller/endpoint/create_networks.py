"""Parse the many arguments of ``create_networks``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cloudnet.common import limits
from cloudnet.common.errors import BadRequest
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.endpoint import arguments
from cloudnet.controller.model import validation
from cloudnet.controller.model.network_request import NetworkRequest

_IGNORED = ("ipam",)  # nova's REST layer always sends it


def parse_network_request(label: Any, values: Mapping[str, Any]) -> NetworkRequest:
    """Return the request that the arguments make.

    :raises BadRequest: an argument is invalid or unknown
    """
    for name in sorted(values.keys() - {*_PARSERS, *_IGNORED}):
        raise BadRequest(f"{name}: create_networks has no such argument")
    fields: dict[str, Any] = {  # Any: each argument's own type
        field: parse(name, values[name])
        for name, (field, parse) in _PARSERS.items()
        if values.get(name) not in (None, "")
    }
    return NetworkRequest(label=arguments.parse_text("label", label), **fields)


def _parse_topology(name: str, value: Any) -> Topology:
    try:
        return Topology(value)
    except ValueError as error:
        raise BadRequest(f"{name}: one of vlan, flatdhcp, flat is needed, not {value!r}") from error


def _integer_within(lowest: int, highest: int) -> Callable[[str, Any], int]:
    return lambda name, value: arguments.parse_integer(name, value, lowest, highest)


_PARSERS: dict[str, tuple[str, Callable[[str, Any], object]]] = {  # argument → field and parser
    "cidr": ("cidr", arguments.parse_guest_range),
    "topology": ("topology", _parse_topology),
    "num_networks": ("num_networks", _integer_within(*validation.NETWORKS)),
    "network_size": ("network_size", _integer_within(*validation.NETWORK_SIZE)),
    "vlan": ("vlan", _integer_within(*limits.VLAN_ID)),
    "vlan_start": ("vlan_start", _integer_within(*limits.VLAN_ID)),
    "bridge": ("bridge", arguments.parse_text),
    "bridge_interface": ("bridge_interface", arguments.parse_text),
    "multi_host": ("multi_host", arguments.parse_flag),
    "host": ("host", arguments.parse_host_name),
    "gateway": ("gateway", arguments.parse_host_address),
    "dhcp_server": ("dhcp_server", arguments.parse_host_address),
    "dns1": ("dns1", arguments.parse_any_host_address),
    "dns2": ("dns2", arguments.parse_any_host_address),
    "fixed_cidr": ("fixed_cidr", arguments.parse_masked_cidr),
    "allowed_start": ("allowed_start", arguments.parse_host_address),
    "allowed_end": ("allowed_end", arguments.parse_host_address),
    "uuid": ("uuid", arguments.parse_uuid),
    "project_id": ("project", arguments.parse_text),
    "priority": ("priority", _integer_within(*validation.PRIORITY)),
    "mtu": ("mtu", _integer_within(*limits.MTU)),
    "enable_dhcp": ("enable_dhcp", arguments.parse_flag),
    "cidr_v6": ("cidr_v6", arguments.parse_cidr6),
    "gateway_v6": ("gateway_v6", arguments.parse_host_address6),
    "vpn_start": ("vpn_start", _integer_within(*validation.PORT)),
    "share_address": ("share_address", arguments.parse_flag),
}

CREATE_ARGUMENTS = (*_PARSERS, *_IGNORED)
"""The arguments besides ``label``."""
