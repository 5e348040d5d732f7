"""Python values as JSON: what the arguments of a call become on the wire."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address | str
"""An IP address, or its text as a reply has it."""

Range = IPv4Network | IPv6Network | str
"""A network with its prefix length, or its text."""


def encode(value: object) -> object:
    """Return a value of JSON for an address, a range, or a collection of such values."""
    if isinstance(value, IPv4Address | IPv6Address | IPv4Network | IPv6Network):
        return str(value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {name: encode(item) for name, item in value.items()}
    if isinstance(value, Iterable):
        return [encode(item) for item in value]
    raise TypeError(f"not a value of JSON: {value!r}")
