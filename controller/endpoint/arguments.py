"""What came over the queue, checked at the door: plain values in, typed values out.

Every refusal names the argument. nova's versioned objects are taken out of their envelopes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from cloudnet.common.errors import (
    BadRequest,
    FixedIpInvalid,
    InvalidAddress,
    InvalidInput,
)
from cloudnet.common.limits import is_unicast_mac
from cloudnet.controller.model import validation
from cloudnet.controller.service.caller import Caller
from cloudnet.controller.service.networks.network_selection import RequestedNetwork

_NAME, _DATA = "nova_object.name", "nova_object.data"
_NO_NETWORK, _ANY_NETWORK = "none", "auto"


def caller(context: Mapping[str, Any]) -> Caller:
    """Return on whose behalf a call is made; a compute service's own context names nobody."""
    project = context.get("project_id") or context.get("tenant")
    return Caller(
        None if project is None else str(project),
        is_admin=bool(context.get("is_admin", project is None)),
    )


def opened(value: Any) -> Any:
    """Return what is in a versioned object's envelope, or the value itself."""
    return value.get(_DATA) if isinstance(value, Mapping) and _NAME in value else value


def text(name: str, value: Any, longest: int = validation.LONGEST) -> str:
    """Return a name: not empty, printable, not too long for its column."""
    return validation.parse_argument(name, validation.parse_text, value, longest)


def optional_text(name: str, value: Any) -> str | None:
    """Return a name or None."""
    return None if value is None else text(name, value)


def uuid(name: str, value: Any) -> str:
    """Return a uuid in its usual form."""
    return validation.parse_argument(name, validation.parse_uuid, value)


def optional_uuid(name: str, value: Any) -> str | None:
    """Return a uuid or None."""
    return None if value is None else uuid(name, value)


def address(name: str, value: Any) -> IPv4Address:
    """Return an IPv4 address."""
    return validation.parse_argument(name, validation.parse_address, value)


def optional_address(name: str, value: Any) -> IPv4Address | None:
    """Return an IPv4 address or None."""
    return None if value is None else address(name, value)


def cidr(name: str, value: Any) -> IPv4Network:
    """Return an IPv4 network."""
    return validation.parse_argument(name, validation.parse_cidr, value)


def optional_cidr(name: str, value: Any) -> IPv4Network | None:
    """Return an IPv4 network or None."""
    return None if value is None else cidr(name, value)


def whole(name: str, value: Any, lowest: int, highest: int) -> int | None:
    """Return a whole number or None; nova's command line sends numbers as text."""
    return (
        None
        if value is None
        else validation.parse_argument(name, validation.parse_integer, value, lowest, highest)
    )


def flag(name: str, value: Any) -> bool | None:
    """Return a truth value or None; nova's command line sends T and F."""
    return (
        None if value is None else validation.parse_argument(name, validation.parse_boolean, value)
    )


def factor(name: str, value: Any) -> float | None:
    """Return a factor not below zero, or None."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6:
        return float(value)
    raise InvalidInput(f"{name}: a number from 0 to 1000000 is needed, not {value!r}")


def mac(name: str, value: Any) -> str:
    """Return a unicast MAC address in lower case."""
    found = value.lower() if isinstance(value, str) else ""
    if not is_unicast_mac(found):
        raise InvalidInput(f"{name}: a unicast MAC address is needed, not {value!r}")
    return found


def macs(name: str, value: Any) -> tuple[str, ...]:
    """Return the MAC addresses that the hypervisor has, none for any."""
    if value is None:
        return ()
    return tuple(
        dict.fromkeys(mac(f"{name}[{n}]", one) for n, one in enumerate(_many(name, value)))
    )


def requested(name: str, value: Any) -> tuple[RequestedNetwork, ...] | None:
    """Return the networks that a caller names: nova's list object, or (uuid, address) pairs.

    An empty tuple: those the project has. None: no network at all, in nova's word ``none``.
    """
    value = opened(value)
    if isinstance(value, Mapping):
        value = value.get("objects")
    if value is None:
        return ()
    wanted = []
    for number, one in enumerate(_many(name, value)):
        network, fixed = _pair(f"{name}[{number}]", opened(one))
        if network == _NO_NETWORK:
            return None
        if network == _ANY_NETWORK:
            return ()
        wanted.append(
            RequestedNetwork(
                uuid(f"{name}[{number}].network_id", network),
                _fixed(f"{name}[{number}].address", fixed),
            )
        )
    return tuple(wanted)


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    if isinstance(value, Mapping):
        if value.get("port_id") is not None:
            raise BadRequest(f"{name}.port_id: there are no ports here; name a network")
        return value.get("network_id"), value.get("address")
    if isinstance(value, list | tuple) and 1 <= len(value) <= 4:
        return value[0], value[1] if len(value) > 1 else None
    raise InvalidInput(f"{name}: a network's uuid and an address are needed, not {value!r}")


def _fixed(name: str, value: Any) -> IPv4Address | None:
    try:
        return optional_address(name, value)
    except InvalidAddress as error:
        raise FixedIpInvalid(str(error)) from error


def _many(name: str, value: Any) -> Iterable[Any]:
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise InvalidInput(f"{name}: a list is needed, not {value!r}")
    return value
