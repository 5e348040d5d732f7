"""Parse RPC arguments: JSON in, typed values out.

Every error names the argument. nova's versioned objects are unwrapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, TypeVar

from cloudnet.common.errors import (
    BadRequest,
    FixedIpInvalid,
    InvalidAddress,
    InvalidInput,
    InvalidIpAddressError,
)
from cloudnet.common.limits import is_unicast_mac
from cloudnet.controller.model import validation
from cloudnet.controller.service.caller import Caller
from cloudnet.controller.service.networks.network_selection import RequestedNetwork

_NAME, _DATA = "nova_object.name", "nova_object.data"
_NO_NETWORK, _ANY_NETWORK = "none", "auto"  # nova's words in the place of a network's uuid

T = TypeVar("T")


def get_caller(context: Mapping[str, Any]) -> Caller:
    """Return who makes a call; a compute service's own context names no project."""
    project = context.get("project_id") or context.get("tenant")
    return Caller(
        None if project is None else str(project),
        is_admin=bool(context.get("is_admin", project is None)),
    )


def unwrap(value: Any) -> Any:
    """Return the content of one of nova's versioned objects; return any other value as it is."""
    return value.get(_DATA) if isinstance(value, Mapping) and _NAME in value else value


def parse_optional(parse: Callable[[str, Any], T], name: str, value: Any) -> T | None:
    """Parse an argument that may be left out."""
    return None if value is None else parse(name, value)


def parse_text(name: str, value: Any) -> str:
    """Parse a name: not empty, printable, not too long for its column."""
    return validation.parse_argument(name, validation.parse_text, value)


def parse_host_name(name: str, value: Any) -> str:
    """Parse the name of a node."""
    return validation.parse_argument(name, validation.parse_host_name, value)


def parse_uuid(name: str, value: Any) -> str:
    """Parse a uuid and return its usual form."""
    return validation.parse_argument(name, validation.parse_uuid, value)


def parse_address(name: str, value: Any) -> IPv4Address:
    """Parse an IPv4 address."""
    return validation.parse_argument(name, validation.parse_address, value)


def parse_floating_ip(name: str, value: Any) -> IPv4Address:
    """Parse the address of a floating IP; the error has nova's class for it."""
    try:
        return parse_address(name, value)
    except InvalidAddress as error:
        raise InvalidIpAddressError(str(error)) from error


def parse_fixed_ip(name: str, value: Any) -> IPv4Address:
    """Parse the address of a fixed IP; the error has nova's class for it."""
    try:
        return parse_address(name, value)
    except InvalidAddress as error:
        raise FixedIpInvalid(str(error)) from error


def parse_host_address(name: str, value: Any) -> IPv4Address:
    """Parse an IPv4 address that one host can have."""
    return validation.parse_argument(name, validation.parse_host_address, value)


def parse_guest_range(name: str, value: Any) -> IPv4Network:
    """Parse an IPv4 network in which guests can have addresses."""
    return validation.parse_argument(name, validation.parse_guest_range, value)


def parse_masked_cidr(name: str, value: Any) -> IPv4Network:
    """Parse an IPv4 network with a prefix length; host bits are masked."""
    return validation.parse_argument(name, validation.parse_masked_cidr, value)


def parse_cidr6(name: str, value: Any) -> IPv6Network:
    """Parse an IPv6 network in which guests can have addresses."""
    return validation.parse_argument(name, validation.parse_cidr6, value)


def parse_host_address6(name: str, value: Any) -> IPv6Address:
    """Parse an IPv6 address that one host can have."""
    return validation.parse_argument(name, validation.parse_host_address6, value)


def parse_any_host_address(name: str, value: Any) -> IPv4Address | IPv6Address:
    """Parse an IPv4 or IPv6 address that one host can have."""
    return validation.parse_argument(name, validation.parse_any_host_address, value)


def parse_cidr(name: str, value: Any) -> IPv4Network:
    """Parse an IPv4 network."""
    return validation.parse_argument(name, validation.parse_cidr, value)


def parse_integer(name: str, value: Any, lowest: int, highest: int) -> int:
    """Parse a whole number; nova's command line sends numbers as text."""
    return validation.parse_argument(name, validation.parse_integer, value, lowest, highest)


def parse_flag(name: str, value: Any, *, default: bool = False) -> bool:
    """Parse a truth value; nova's command line sends T and F."""
    if value is None:
        return default
    return validation.parse_argument(name, validation.parse_boolean, value)


def parse_factor(name: str, value: Any) -> float:
    """Parse a factor of at least zero."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6:
        return float(value)
    raise InvalidInput(f"{name}: a number from 0 to 1000000 is needed, not {value!r}")


def parse_mac(name: str, value: Any) -> str:
    """Parse a unicast MAC address and return it in lower case."""
    mac = value.lower() if isinstance(value, str) else ""
    if not is_unicast_mac(mac):
        raise InvalidInput(f"{name}: a unicast MAC address is needed, not {value!r}")
    return mac


def parse_macs(name: str, value: Any) -> tuple[str, ...]:
    """Parse the MAC addresses that the hypervisor offers; none: any will do."""
    if value is None:
        return ()
    macs = [parse_mac(f"{name}[{n}]", mac) for n, mac in enumerate(_parse_list(name, value))]
    return tuple(dict.fromkeys(macs))


def parse_requested_networks(name: str, value: Any) -> tuple[RequestedNetwork, ...] | None:
    """Parse the networks that a caller requests: nova's list object, or (uuid, address) pairs.

    Return an empty tuple for the networks of the project, and None for no network at all (nova
    requests a network named ``none``).
    """
    value = unwrap(value)
    if isinstance(value, Mapping):
        value = value.get("objects")
    if value is None:
        return ()
    requested = []
    for number, item in enumerate(_parse_list(name, value)):
        item_name = f"{name}[{number}]"
        network, address = _parse_pair(item_name, unwrap(item))
        if network == _NO_NETWORK:
            return None
        if network == _ANY_NETWORK:
            return ()
        requested.append(
            RequestedNetwork(
                parse_uuid(f"{item_name}.network_id", network),
                _parse_requested_address(f"{item_name}.address", address),
            )
        )
    return tuple(requested)


def _parse_pair(name: str, value: Any) -> tuple[Any, Any]:
    if isinstance(value, Mapping):
        if value.get("port_id") is not None:
            raise BadRequest(f"{name}.port_id: cloudnet has no ports; name a network")
        return value.get("network_id"), value.get("address")
    if isinstance(value, list | tuple) and 1 <= len(value) <= 4:
        return value[0], value[1] if len(value) > 1 else None
    raise InvalidInput(f"{name}: a network's uuid and an address are needed, not {value!r}")


def _parse_requested_address(name: str, value: Any) -> IPv4Address | None:
    try:
        return parse_optional(parse_address, name, value)
    except InvalidAddress as error:
        raise FixedIpInvalid(str(error)) from error


def _parse_list(name: str, value: Any) -> Iterable[Any]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise InvalidInput(f"{name}: a list is needed, not {value!r}")
    return value
