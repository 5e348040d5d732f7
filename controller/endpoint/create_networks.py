"""The arguments of ``create_networks``, which are many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cloudnet.common import limits
from cloudnet.common.errors import BadRequest
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.endpoint import arguments as be
from cloudnet.controller.model import validation
from cloudnet.controller.model.network_plan import NetworkRequest

_NOT_YET = ("cidr_v6", "gateway_v6", "share_address", "vpn_start")
_IGNORED = ("ipam",)  # nova's REST layer always sent it


def network_request(label: Any, wanted: Mapping[str, Any]) -> NetworkRequest:
    """Return what ``create_networks`` was told.

    :raises BadRequest: an argument is wrong, unknown, or of something that is not there yet
    """
    for name in _NOT_YET:
        if wanted.get(name):
            raise BadRequest(f"{name} is not supported yet; leave it out")
    for name in sorted(wanted.keys() - {*_WISHES, *_NOT_YET, *_IGNORED}):
        raise BadRequest(f"{name}: create_networks has no such argument")
    values: dict[str, Any] = {  # Any: what each argument's decoder gives
        field: decode(name, wanted[name])
        for name, (field, decode) in _WISHES.items()
        if wanted.get(name) not in (None, "")
    }
    return NetworkRequest(label=be.text("label", label), **values)


def _topology(name: str, value: Any) -> Topology:
    try:
        return Topology(value)
    except ValueError as error:
        raise BadRequest(f"{name}: one of vlan, flatdhcp, flat is needed, not {value!r}") from error


def _within(lowest: int, highest: int) -> Callable[[str, Any], int | None]:
    return lambda name, value: be.whole(name, value, lowest, highest)


_WISHES: dict[str, tuple[str, Callable[[str, Any], object]]] = {
    "cidr": ("cidr", be.cidr),
    "topology": ("topology", _topology),
    "num_networks": ("num_networks", _within(*validation.NETWORKS)),
    "network_size": ("network_size", _within(*validation.NETWORK_SIZE)),
    "vlan": ("vlan", _within(*limits.VLAN_ID)),
    "vlan_start": ("vlan_start", _within(*limits.VLAN_ID)),
    "bridge": ("bridge", be.text),
    "bridge_interface": ("bridge_interface", be.text),
    "multi_host": ("multi_host", be.flag),
    "host": ("host", be.text),
    "gateway": ("gateway", be.address),
    "dhcp_server": ("dhcp_server", be.address),
    "dns1": ("dns1", be.address),
    "dns2": ("dns2", be.address),
    "fixed_cidr": ("fixed_cidr", be.cidr),
    "allowed_start": ("allowed_start", be.address),
    "allowed_end": ("allowed_end", be.address),
    "uuid": ("uuid", be.uuid),
    "project_id": ("project", be.text),
    "priority": ("priority", _within(*validation.PRIORITY)),
    "mtu": ("mtu", _within(*limits.MTU)),
    "enable_dhcp": ("enable_dhcp", be.flag),
}
