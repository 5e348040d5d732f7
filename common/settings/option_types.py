"""The kinds of value an option can have, each able to say what would be right.

oslo.config's own kinds say what is wrong in Python's words; an operator needs to read what to
write instead. :func:`wanted` gives that phrase for any kind, ours or the library's.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Network,
    NetmaskValueError,
)
from typing import Any
from urllib.parse import urlsplit

from oslo_config import cfg, types

from cloudnet.common.limits import DEVICE_NAME_RULE, is_device_name
from cloudnet.common.wire.objects import Topology


class Kind(types.ConfigType):  # type: ignore[misc]  # oslo.config publishes no types to mypy here
    """A kind of value of ours: a text in, a value or a ``ValueError`` out."""

    wanted: str

    def __init__(self, type_name: str) -> None:
        super().__init__(type_name=type_name)

    def __repr__(self) -> str:
        return type(self).__name__

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # equal kinds are interchangeable, never keys

    def _formatter(self, value: object) -> str:
        return str(value)


class Text(Kind):
    """A text; an empty one means that the option is not set, where that has a meaning."""

    wanted = "a text"

    def __init__(self, *, empty: bool = True) -> None:
        super().__init__("string value")
        self.empty = empty

    def __call__(self, value: object) -> str | None:
        text = str(value).strip()
        if not text and not self.empty:
            raise ValueError(self.wanted)
        return text or None


class Host(Kind):
    """A host's name: it is part of a queue's name and the key of what the host has."""

    wanted = "a host's name: 1 to 255 printable characters without a space"

    def __init__(self) -> None:
        super().__init__("string value")

    def __call__(self, value: object) -> str:
        name = str(value).strip()
        if not 1 <= len(name) <= 255 or not name.isprintable() or " " in name:
            raise ValueError(self.wanted)
        return name


class Interface(Kind):
    """The name of a network device, or nothing."""

    wanted = f"the name of a network device ({DEVICE_NAME_RULE})"

    def __init__(self) -> None:
        super().__init__("network device")

    def __call__(self, value: object) -> str | None:
        name = str(value).strip()
        if not name:
            return None
        if not is_device_name(name):
            raise ValueError(self.wanted)
        return name


class Address(Kind):
    """An IPv4 address, or nothing where nothing has a meaning."""

    def __init__(self, *, empty: bool = False) -> None:
        super().__init__("IPv4 address")
        self.empty = empty
        self.wanted = "an IPv4 address such as 192.0.2.10" + (", or nothing" if empty else "")

    def __call__(self, value: object) -> IPv4Address | None:
        text = str(value).strip()
        if not text and self.empty:
            return None
        try:
            return IPv4Address(text)
        except AddressValueError as error:
            raise ValueError(self.wanted) from error


class Range(Kind):
    """An IPv4 network in CIDR notation."""

    wanted = "a network in CIDR notation, such as 10.0.0.0/8, with no host bits set"

    def __init__(self) -> None:
        super().__init__("IPv4 network")

    def __call__(self, value: object) -> IPv4Network:
        try:
            return IPv4Network(str(value).strip())
        except (AddressValueError, NetmaskValueError, ValueError) as error:
            raise ValueError(self.wanted) from error


class Range6(Kind):
    """An IPv6 network in CIDR notation."""

    wanted = "an IPv6 network in CIDR notation, such as fd00::/48"

    def __init__(self) -> None:
        super().__init__("IPv6 network")

    def __call__(self, value: object) -> IPv6Network:
        try:
            return IPv6Network(str(value).strip())
        except ValueError as error:
            raise ValueError(self.wanted) from error


class Manager(Kind):
    """nova's manager class, by its path or its last part, or cloudnet's own word for it."""

    wanted = "FlatManager, FlatDHCPManager or VlanManager, with or without nova.network.manager."

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
            raise ValueError(self.wanted) from error


class Url(Kind):
    """Where a server is; ``schemes`` are the beginnings that cloudnet can work with."""

    def __init__(self, schemes: tuple[str, ...], example: str) -> None:
        super().__init__("URL")
        self.schemes = schemes
        self.wanted = f"a URL such as {example}"

    def __call__(self, value: object) -> str:
        text = str(value).strip()
        scheme, separator, _ = text.partition("://")
        if not separator or scheme.partition("+")[0] not in self.schemes:
            raise ValueError(self.wanted)
        return text


class BrokerUrl(Url):
    """Where one or several brokers are: host names with good ports, separated by commas."""

    def __call__(self, value: object) -> str:
        text = super().__call__(value)
        if text.startswith("fake"):
            return text  # no broker at all
        try:
            places = [urlsplit(f"//{place}") for place in urlsplit(text).netloc.split(",")]
            good = all(place.hostname and place.port != 0 for place in places)
        except ValueError as error:  # the port is no number, or none that there is
            raise ValueError(self.wanted) from error
        if not good:
            raise ValueError(self.wanted)
        return text


def convert(option: cfg.Opt, text: str) -> object:
    """Return the value that the text means.

    :raises ValueError: it means none, and the option must have one
    """
    value = option.type(text)
    refuse_nothing(option, value)
    return value


def refuse_nothing(option: cfg.Opt, value: object) -> None:
    """oslo.config takes an empty text for no number, even where there must be one.

    :raises ValueError: there must be one
    """
    if value is None and option.default is not None and not isinstance(option.type, Kind):
        raise ValueError(wanted(option))


def wanted(option: cfg.Opt) -> str:
    """Return what would be a right value for the option, as a phrase."""
    kind: Any = option.type  # Any: oslo.config's kinds have no common face for this
    if isinstance(kind, types.List):
        kind = kind.item_type
        return f"a comma-separated list, each {_one(kind)}"
    return _one(kind)


def _one(kind: Any) -> str:  # Any: as above
    if isinstance(kind, Kind):
        return kind.wanted
    if isinstance(kind, types.Boolean):
        return "True or False"
    if isinstance(kind, types.Number):
        return _number(kind)
    if isinstance(kind, types.String) and kind.choices:
        return "one of " + ", ".join(kind.choices)
    return f"a {kind.type_name}" if isinstance(kind, types.ConfigType) else "another value"


def _number(kind: Any) -> str:  # Any: types.Number is not exported with types
    what = "a number" if isinstance(kind, types.Float) else "a whole number"
    if kind.min is not None and kind.max is not None:
        return f"{what} from {kind.min} to {kind.max}"
    if kind.min is not None:
        return f"{what} of {kind.min} or more"
    if kind.max is not None:
        return f"{what} of {kind.max} or less"
    return what
