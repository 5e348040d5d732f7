"""Parsing names, numbers and addresses that come by RPC or from a shell.

An error says what is needed; :func:`parse_argument` adds the name of the argument.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any, TypeVar
from uuid import UUID

from cloudnet.common.errors import (
    BadRequest,
    InvalidAddress,
    InvalidCidr,
    InvalidInput,
    InvalidIntValue,
    InvalidUUID,
)
from cloudnet.common.limits import (
    DEVICE_NAME_RULE,
    HOST_NAME_LENGTH,
    find_unusable_range,
    is_device_name,
    is_host_name,
    is_unicast_address,
)

LONGEST = 255  # characters in a column for names
LARGEST = 2**31 - 1  # in a column for numbers

# The lowest and the highest value of each
PRIORITY = (0, LARGEST)
QUOTA = (-1, LARGEST)  # -1: no limit
NETWORKS = (1, 4094)  # created at once
NETWORK_SIZE = (4, 2**32)
PORT = (1, 65535)
GUEST_PREFIX = 64  # the longest prefix of an IPv6 network with guests

_TRUE = {"1", "t", "true", "y", "yes", "on"}
_FALSE = {"0", "f", "false", "n", "no", "off"}

T = TypeVar("T")


def parse_argument(name: str, parse: Callable[..., T], value: object, *more: object) -> T:
    """Parse a value; an error begins with the name of the argument."""
    try:
        return parse(value, *more)
    except BadRequest as error:
        raise type(error)(f"{name}: {error}") from error


def parse_text(value: object, longest: int = LONGEST) -> str:
    """Return a text that is not blank, is printable, and fits into its column."""
    if isinstance(value, str) and len(value) <= longest and value.strip() and value.isprintable():
        return value
    raise InvalidInput(f"1 to {longest} printable characters are needed, not {value!r}")


def parse_host_name(value: object) -> str:
    """Return the name of a node."""
    if not isinstance(value, str) or not is_host_name(value):
        raise InvalidInput(
            f"1 to {HOST_NAME_LENGTH} printable characters without a space are needed, "
            f"not {value!r}"
        )
    return value


def parse_integer(value: object, lowest: int, highest: int) -> int:
    """Return a whole number within bounds; the value may be text."""
    number = None
    if isinstance(value, int | str) and not isinstance(value, bool):
        try:
            number = int(value)
        except ValueError:
            number = None
    if number is None or not lowest <= number <= highest:
        raise InvalidIntValue(f"a whole number from {lowest} to {highest} is needed, not {value!r}")
    return number


def parse_boolean(value: object) -> bool:
    """Return a truth value; nova's command line sends T or F."""
    word = str(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise InvalidInput(f"true or false is needed, not {value!r}")
    return word in _TRUE


def parse_uuid(value: Any) -> str:  # Any: UUID checks its type
    """Return a uuid in its usual form."""
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidUUID(f"a uuid is needed, not {value!r}") from error


def parse_device_name(value: object) -> str:
    """Return the name of a network device."""
    if not isinstance(value, str) or not is_device_name(value):
        raise InvalidInput(f"{value!r} cannot be a device name, which has {DEVICE_NAME_RULE}")
    return value


def parse_address(value: object) -> IPv4Address:
    """Return an IPv4 address."""
    if isinstance(value, str):
        try:
            return IPv4Address(value)
        except ValueError:
            pass
    raise InvalidAddress(f"an IPv4 address is needed, not {value!r}")


def parse_cidr(value: object) -> IPv4Network:
    """Return an IPv4 network; a single address is a network of one."""
    if not isinstance(value, str):
        raise InvalidCidr(f"a network like 10.0.0.0/24 is needed, not {value!r}")
    try:
        return IPv4Network(value)
    except ValueError as error:
        raise InvalidCidr(
            f"a network like 10.0.0.0/24 is needed, not {value!r} ({error})"
        ) from error


def parse_host_address(value: object) -> IPv4Address:
    """Return an IPv4 address that one host can have."""
    address = parse_address(value)
    if not is_unicast_address(address):
        raise InvalidAddress(f"the address of one host is needed, not {value!r}")
    return address


def parse_masked_cidr(value: object) -> IPv4Network:
    """Return an IPv4 network, which has a prefix length; host bits are masked, as nova does."""
    if not isinstance(value, str) or "/" not in value:
        raise InvalidCidr(f"a network like 10.0.0.0/24 is needed, not {value!r}")
    try:
        return IPv4Network(value, strict=False)
    except ValueError as error:
        raise InvalidCidr(
            f"a network like 10.0.0.0/24 is needed, not {value!r} ({error})"
        ) from error


def parse_cidr6(value: object) -> IPv6Network:
    """Return an IPv6 network in which guests can have addresses; host bits are masked."""
    try:
        if not isinstance(value, str) or "/" not in value:
            raise ValueError("its prefix length is missing")
        network = IPv6Network(value, strict=False)
    except ValueError as error:
        raise InvalidCidr(
            f"a network like fd00:0:0:1::/64 is needed, not {value!r} ({error})"
        ) from error
    if network.prefixlen > GUEST_PREFIX or not _is_unicast6(network[0]):
        raise InvalidCidr(
            f"a unicast network of /{GUEST_PREFIX} or larger is needed, not {value!r}: guests make "
            "the lower 64 bits of their addresses themselves"
        )
    return network


def parse_host_address6(value: object) -> IPv6Address:
    """Return an IPv6 address that one host can have."""
    if isinstance(value, str):
        try:
            address = IPv6Address(value)
        except ValueError:
            address = None
        if address is not None and _is_unicast6(address) and address.scope_id is None:
            return address
    raise InvalidAddress(f"the IPv6 address of one host is needed, not {value!r}")


def _is_unicast6(address: IPv6Address) -> bool:
    return not (address.is_multicast or address.is_loopback or int(address) == 0)


def parse_any_host_address(value: object) -> IPv4Address | IPv6Address:
    """Return an IPv4 or IPv6 address that one host can have."""
    if isinstance(value, str) and ":" in value:
        return parse_host_address6(value)
    return parse_host_address(value)


def parse_guest_range(value: object) -> IPv4Network:
    """Return an IPv4 network in which guests can have addresses; host bits are masked."""
    return require_guest_range(parse_masked_cidr(value))


def require_guest_range(range_: IPv4Network) -> IPv4Network:
    """Return the range.

    :raises InvalidCidr: no guest can have an address in a part of it
    """
    unusable = find_unusable_range(range_)
    if unusable is not None:
        raise InvalidCidr(f"no guest can have an address of {unusable}, which {range_} overlaps")
    return range_


def parse_floating_range(value: object) -> IPv4Network:
    """Return one address, or a range of floating IPs of which the first and last are left out.

    Like nova, refuse a /31 or /32: an address of its own is written without a prefix.
    """
    range_ = parse_cidr(value)
    if "/" in str(value) and range_.num_addresses < 4:
        raise InvalidInput(
            f"{value}: the range has no address between its first and its last; give each address "
            f"without /{range_.prefixlen}"
        )
    return range_
