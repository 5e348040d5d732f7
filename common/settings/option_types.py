"""The types that an option's value can have, each with a description of a right value.

The messages of oslo.config's own types are in terms of Python; an operator needs to read what to
write instead. :func:`describe` returns that phrase for any type, ours or the library's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Any

from oslo_config import cfg, types

from cloudnet.common import limits
from cloudnet.common.settings.views import HostService
from cloudnet.common.wire.objects import Topology

_NUMBER = re.compile(r"(?a:[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?)?", re.IGNORECASE)
"""A number as operators write it, or nothing: Python would take 1_00, nan and other digits, too."""


class OptionType(types.ConfigType):
    """A type of ours: text in, a value or a ``ValueError`` out."""

    expected: str  # a phrase such as "an IPv4 address"

    def __init__(self, type_name: str) -> None:
        super().__init__(type_name=type_name)

    def __repr__(self) -> str:
        return type(self).__name__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # equal by value and mutable: never a dict's key

    def _formatter(self, value: object) -> str:
        return str(value)


class Text(OptionType):
    """A text; an empty one means that the option is not set, where ``empty`` allows that."""

    expected = "a text"

    def __init__(self, *, empty: bool = True) -> None:
        super().__init__("string value")
        self.empty = empty

    def __call__(self, value: object) -> str | None:
        text = str(value).strip()
        if not text and not self.empty:
            raise ValueError(self.expected)
        return text or None


class HostName(OptionType):
    """A host's name: it is a part of a queue's name, and a key in the database.

    :param empty: whether an empty text means that the option is not set
    """

    def __init__(self, *, empty: bool = False) -> None:
        super().__init__("string value")
        self.empty = empty
        longest = limits.HOST_NAME_LENGTH
        self.expected = f"a host's name: 1 to {longest} printable characters without a space"
        if empty:
            self.expected += ", or nothing"

    def __call__(self, value: object) -> str | None:
        name = str(value).strip()
        if not name and self.empty:
            return None
        if not limits.is_host_name(name):
            raise ValueError(self.expected)
        return name


class DomainName(OptionType):
    """A domain name; an empty text means none."""

    expected = f"a domain name ({limits.DOMAIN_RULE}), or nothing"

    def __init__(self) -> None:
        super().__init__("domain name")

    def __call__(self, value: object) -> str | None:
        name = str(value).strip().removesuffix(".")
        if name and not limits.is_domain_name(name):
            raise ValueError(self.expected)
        return name or None


class ChainName(OptionType):
    """The name of an iptables chain or target."""

    expected = f"the name of an iptables chain ({limits.CHAIN_NAME_RULE})"

    def __init__(self) -> None:
        super().__init__("iptables target")

    def __call__(self, value: object) -> str:
        name = str(value).strip()
        if not limits.is_chain_name(name):
            raise ValueError(self.expected)
        return name


class DeviceName(OptionType):
    """The name of a network device; an empty text means that the option is not set.

    :param loopback: whether it may be the loopback device
    """

    def __init__(self, *, loopback: bool = False) -> None:
        super().__init__("network device")
        self.loopback = loopback
        rule = limits.DEVICE_NAME_RULE
        self.expected = f"the name of a network device ({rule})"
        if loopback:
            self.expected = f"{limits.LOOPBACK_DEVICE} or {self.expected}"

    def __call__(self, value: object) -> str | None:
        name = str(value).strip()
        is_valid = limits.is_public_interface_name if self.loopback else limits.is_device_name
        if name and not is_valid(name):
            raise ValueError(self.expected)
        return name or None


class Address(OptionType):
    """An IPv4 address; an empty text means none, where ``empty`` allows that."""

    def __init__(self, *, empty: bool = False) -> None:
        super().__init__("IPv4 address")
        self.empty = empty
        self.expected = "an IPv4 address such as 192.0.2.10" + (", or nothing" if empty else "")

    def __call__(self, value: object) -> IPv4Address | None:
        text = str(value).strip()
        if not text and self.empty:
            return None
        try:
            address = IPv4Address(text)
        except ValueError as error:
            raise ValueError(self.expected) from error
        if not limits.is_unicast_address(address):
            raise ValueError(self.expected)
        return address


class Range(OptionType):
    """An IPv4 network in CIDR notation; host bits are masked, as nova did."""

    expected = "a network in CIDR notation, such as 10.0.0.0/8,"

    def __init__(self) -> None:
        super().__init__("IPv4 network")

    def __call__(self, value: object) -> IPv4Network | None:
        try:
            return IPv4Network(str(value).strip(), strict=False)
        except ValueError as error:
            raise ValueError(self.expected) from error


class Service(OptionType):
    """A service of a node, or all."""

    expected = "tcp:PORT or udp:PORT, such as tcp:5000, or all"

    def __init__(self) -> None:
        super().__init__("service")

    def __call__(self, value: object) -> HostService:
        if isinstance(value, HostService):
            return value
        text = str(value).strip().lower()
        if text == "all":
            return HostService(None, None)
        protocol, _, port = text.partition(":")
        if protocol not in {"tcp", "udp"} or not (port.isascii() and port.isdigit()):
            raise ValueError(self.expected)
        if not 1 <= int(port) <= 65535:
            raise ValueError(self.expected)
        return HostService(protocol, int(port))


class GuestRange(Range):
    """An IPv4 network of guests; an empty text means none."""

    expected = (
        "a network in CIDR notation, such as 10.0.0.0/8, that overlaps none of "
        f"{', '.join(map(str, limits.UNUSABLE_RANGES))}, or nothing,"
    )

    def __call__(self, value: object) -> IPv4Network | None:
        if not str(value).strip():
            return None
        range_ = super().__call__(value)
        if range_ is None or limits.find_unusable_range(range_) is not None:
            raise ValueError(self.expected)
        return range_


class Range6(OptionType):
    """An IPv6 network in CIDR notation."""

    expected = "an IPv6 network in CIDR notation, such as fd00::/48"

    def __init__(self) -> None:
        super().__init__("IPv6 network")

    def __call__(self, value: object) -> IPv6Network:
        try:
            return IPv6Network(str(value).strip())
        except ValueError as error:
            raise ValueError(self.expected) from error


class NetworkManager(OptionType):
    """nova's manager class, by its path or its last part, or the name of a topology."""

    expected = "FlatManager, FlatDHCPManager or VlanManager, with or without nova.network.manager."

    _TOPOLOGIES: Mapping[str, Topology] = {
        "flatmanager": Topology.FLAT,
        "flatdhcpmanager": Topology.FLATDHCP,
        "vlanmanager": Topology.VLAN,
    }

    def __init__(self) -> None:
        super().__init__("network manager")

    def __call__(self, value: object) -> Topology:
        if isinstance(value, Topology):
            return value
        name = str(value).strip().lower().removeprefix("nova.network.manager.")
        if name in self._TOPOLOGIES:
            return self._TOPOLOGIES[name]
        try:
            return Topology(name)
        except ValueError as error:
            raise ValueError(self.expected) from error


def parse_value(option: cfg.Opt, text: str) -> object:
    """Return the value that the text has as this option.

    :raises ValueError: it has none, and the option needs one
    """
    if isinstance(option.type, types.Number) and not _NUMBER.fullmatch(text.strip()):
        raise ValueError(describe(option))
    value = option.type(text)
    require_value(option, value)
    return value


def require_value(option: cfg.Opt, value: object) -> None:
    """Refuse None for an option that must have a value, and what is no finite number.

    oslo.config converts an empty text to None for a number, even where there is a default.

    :raises ValueError: the option must have another value
    """
    if value is None and option.default is not None and not isinstance(option.type, OptionType):
        raise ValueError(describe(option))
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(describe(option))


def list_masked_ranges(option: cfg.Opt, text: str) -> list[tuple[str, IPv4Network]]:
    """Return each range in a valid value that has host bits, and what it is without them."""
    type_ = option.type
    words = text.split(",") if isinstance(type_, types.List) else [text]
    item_type = type_.item_type if isinstance(type_, types.List) else type_
    if not isinstance(item_type, Range) or "$" in text:
        return []
    ranges = [(word.strip(), item_type(word)) for word in words if word.strip()]
    return [
        (word, range_)
        for word, range_ in ranges
        if range_ is not None and IPv4Address(word.partition("/")[0]) != range_[0]
    ]


def describe(option: cfg.Opt) -> str:
    """Return a phrase for what a right value of the option is."""
    type_ = option.type
    if isinstance(type_, types.List):
        return f"a comma-separated list, each {_describe(type_.item_type)}"
    return _describe(type_)


def _describe(type_: Any) -> str:  # Any: a library's option may have any callable as its type
    if isinstance(type_, OptionType):
        return type_.expected
    if isinstance(type_, types.Boolean):
        return "True or False"
    if isinstance(type_, types.Number):
        return _describe_number(type_)
    if isinstance(type_, types.String) and type_.choices:
        return "one of " + ", ".join(type_.choices)
    return f"a {type_.type_name}" if isinstance(type_, types.ConfigType) else "another value"


def _describe_number(type_: types.Number) -> str:
    noun = "a number" if isinstance(type_, types.Float) else "a whole number"
    if type_.min is not None and type_.max is not None:
        return f"{noun} from {type_.min} to {type_.max}"
    if type_.min is not None:
        return f"{noun} of {type_.min} or more"
    if type_.max is not None:
        return f"{noun} of {type_.max} or less"
    return noun
