"""The node's links as values, and the verbs that change them.

The drivers see a :class:`Link` or an :class:`Assigned`; changes go through pyroute2.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.links.link_dump import (
    AddressMessage,
    LinkMessage,
    RouteSocket,
    attributes,
    listed,
)
from cloudnet.agent.node.resources.actual import ALIAS
from cloudnet.common.errors import KernelRefused

IFF_UP = 0x1
IFF_LOOPBACK = 0x8
IFF_NOARP = 0x80
# uapi/linux/if_link.h: IFLA_…
ADDRESS, IFNAME, MTU, PARENT, MASTER, LINKINFO, IFALIAS = 1, 3, 4, 5, 10, 18, 20
LINK_NETNSID, PROP_LIST, ALT_IFNAME = 37, 52, 53
KIND, DATA = 1, 2  # IFLA_INFO_…
VLAN_ID, FORWARD_DELAY, STP_STATE = 1, 1, 5  # IFLA_VLAN_…, IFLA_BR_…
# uapi/linux/if_addr.h
IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_PROTO = 1, 2, 3, 11
IFA_F_SECONDARY = 0x1
RT_SCOPE_UNIVERSE = 0


@dataclass(frozen=True)
class Link:
    """A network device, as far as a driver needs to know it."""

    index: int
    name: str
    kind: str | None  # as in `ip -d link`; None: hardware
    mac: str
    mtu: int
    alias: str  # empty: it has none
    flags: int
    master: int | None  # index
    parent: int | None  # index of the device below, in this network namespace
    tag: int | None  # of a vlan
    spanning_tree: bool  # of a bridge
    forward_delay: int  # of a bridge
    names: tuple[str, ...]  # other names that it answers to (`altname`)

    @property
    def up(self) -> bool:
        return bool(self.flags & IFF_UP)

    @property
    def network(self) -> str | None:
        """The uuid of the network that the link is made for; None: it is not ours."""
        return self.alias.removeprefix(ALIAS) if self.alias.startswith(ALIAS) else None


@dataclass(frozen=True)
class LinkTable:
    """All links of a node at one moment."""

    links: tuple[Link, ...]

    @cached_property
    def by_index(self) -> Mapping[int, Link]:
        return {link.index: link for link in self.links}

    @cached_property
    def ports(self) -> Mapping[int, tuple[Link, ...]]:
        """The ports of each bridge, by the bridge's index."""
        found: dict[int, tuple[Link, ...]] = {}
        for link in self.links:
            if link.master is not None:
                found[link.master] = (*found.get(link.master, ()), link)
        return found

    def name(self, index: int | None) -> str | None:
        """Return the name of the link with this index, if it is there."""
        link = self.by_index.get(index) if index is not None else None
        return link.name if link else None


@dataclass(frozen=True)
class Assigned:
    """An address on a link, as far as a driver needs to know it."""

    index: int  # of the link
    family: int
    packed: bytes
    prefixlen: int
    reaches_far: bool  # further than the link: every NIC has an IPv6 address that does not
    label: str  # empty: it has none
    protocol: int  # who made it; 0: the kernel does not say
    secondary: bool  # behind another one of the same network

    def __str__(self) -> str:
        return f"{ip_address(self.packed)}/{self.prefixlen}"


class Netlink:
    """Two open sockets, one that asks and one that changes; used by one thread."""

    def __init__(self) -> None:
        self._asking = RouteSocket()
        self._socket = IPRoute()
        self._changed = False

    def close(self) -> None:
        """Close the sockets."""
        self._asking.close()
        self._socket.close()

    def links(self) -> LinkTable:
        """Return all links, and begin afresh.

        After each change of a link pyroute2 0.9 keeps an acknowledgement that nobody asks for, as
        long as the socket lives; so after a round with changes it gets a new one.
        """
        if self._changed:
            self._socket.close()
            self._socket = IPRoute()
            self._changed = False
        return LinkTable(tuple(_link(message) for message in self._asking.links()))

    def link(self, name: str) -> Link | None:
        """Return the link of this name."""
        found = self._asking.link(name)
        link = None if found is None else _link(found)
        # The kernel finds a link by an altname too; that is not the link we asked for.
        return link if link is not None and link.name == name else None

    def addresses(self, index: int | None = None) -> list[Assigned]:
        """Return the addresses (of one link if given) in the kernel's order."""
        return [
            _assigned(message)
            for message in self._asking.addresses()
            if index is None or message.index == index
        ]

    def change_link(self, verb: str, **attributes: object) -> None:
        """Do what `ip link VERB` does.

        :raises NetlinkError: what the kernel says; see :func:`refusing`
        """
        self._changed = True
        self._socket.link(verb, **attributes)

    def change_address(self, verb: str, **attributes: object) -> None:
        """Do what `ip address VERB` does."""
        self._socket.addr(verb, **attributes)

    def nics(self) -> str:
        """Return the names of the links that are not ours, for the line of a refusal."""
        links = self.links().links
        names = sorted(
            link.name
            for link in links
            if link.network is None and not link.flags & IFF_LOOPBACK and link.kind != "tun"
        )
        return ", ".join(names) or "none"


@contextmanager
def refusing(what: str, remedy: str) -> Iterator[None]:
    """Turn the kernel's refusal into one line: what, why, what to do."""
    try:
        yield
    except NetlinkError as error:
        raise KernelRefused(f"{what}: {os.strerror(error.code)}; {remedy}") from error


def _link(message: LinkMessage) -> Link:
    has = message.attributes
    info = attributes(has.get(LINKINFO, b""))
    kind = _text(info[KIND]) if KIND in info else None
    data = attributes(info.get(DATA, b"")) if kind in {"vlan", "bridge"} else {}
    # A veth's other end may be in another namespace, where the index is somebody else's.
    here = LINK_NETNSID not in has
    return Link(
        index=message.index,
        name=_text(has[IFNAME]),
        kind=kind,
        mac=has.get(ADDRESS, b"").hex(":"),
        mtu=_number(has.get(MTU)) or 0,
        alias=_text(has.get(IFALIAS, b"")),
        flags=message.flags,
        master=_number(has.get(MASTER)),
        parent=_number(has.get(PARENT)) if here else None,
        tag=_number(data.get(VLAN_ID)) if kind == "vlan" else None,
        spanning_tree=kind == "bridge" and bool(_number(data.get(STP_STATE))),
        forward_delay=_number(data.get(FORWARD_DELAY)) or 0 if kind == "bridge" else 0,
        names=tuple(
            _text(name) for number, name in listed(has.get(PROP_LIST, b"")) if number == ALT_IFNAME
        ),
    )


def _assigned(message: AddressMessage) -> Assigned:
    has = message.attributes
    return Assigned(
        index=message.index,
        family=message.family,
        packed=has.get(IFA_LOCAL) or has[IFA_ADDRESS],  # the latter may be the peer's
        prefixlen=message.prefixlen,
        reaches_far=message.scope == RT_SCOPE_UNIVERSE,
        label=_text(has.get(IFA_LABEL, b"")),
        protocol=_number(has.get(IFA_PROTO)) or 0,
        secondary=bool(message.flags & IFA_F_SECONDARY),
    )


def _number(value: bytes | None) -> int | None:
    return None if value is None else int.from_bytes(value, sys.byteorder)


def _text(value: bytes) -> str:
    return os.fsdecode(value.split(b"\0", 1)[0])
