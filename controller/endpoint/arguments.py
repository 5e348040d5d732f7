"""Parse RPC arguments: JSON in, typed values out.

Every error names the argument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, TypeVar

from cloudnet.common.errors import (
    FixedIpInvalid,
    Forbidden,
    InvalidAddress,
    InvalidInput,
    InvalidIpAddressError,
)
from cloudnet.common.limits import is_unicast_mac
from cloudnet.controller.model import validation
from cloudnet.controller.service.caller import Caller

T = TypeVar("T")


def get_caller(context: Mapping[str, Any]) -> Caller:
    """Return who makes a call; a compute service's own context names no project."""
    project = context.get("project_id") or context.get("tenant")
    return Caller(
        None if project is None else str(project),
        is_admin=bool(context.get("is_admin", project is None)),
    )


def require_admin(context: Mapping[str, Any], action: str) -> None:
    """Refuse a caller who is no administrator.

    :raises Forbidden: the caller is none
    """
    caller = get_caller(context)
    if not caller.is_admin:
        raise Forbidden(f"project {caller.project} cannot {action}; an administrator can")


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


def parse_list(name: str, value: Any) -> list[Any]:
    """Parse a list of anything."""
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise InvalidInput(f"{name}: a list is needed, not {value!r:.200}")
    return list(value)
