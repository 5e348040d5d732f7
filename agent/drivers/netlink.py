"""One rtnetlink socket: the node's links as values, and the verbs that change them.

pyroute2 hands out dictionaries of everything the kernel says; the drivers see a :class:`Link`.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.state import ALIAS
from cloudnet.common.errors import KernelRefused

IFF_UP = 0x1
IFF_LOOPBACK = 0x8
IFF_NOARP = 0x80
RTEXT_FILTER_SKIP_STATS = 0x8  # uapi/linux/rtnetlink.h: half of a link's message is counters

Message = Any  # Any: pyroute2 publishes no types


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


class Netlink:
    """An open socket; used by one thread."""

    def __init__(self) -> None:
        self._socket = IPRoute()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def links(self) -> LinkTable:
        """Return all links, and begin afresh.

        After each ``link()`` pyroute2 0.9 keeps an acknowledgement that nobody asks for, as long as
        the socket lives; so once a round it gets a new one.
        """
        self._socket.close()
        self._socket = IPRoute()
        dump = self._socket.link("dump", ext_mask=RTEXT_FILTER_SKIP_STATS)
        return LinkTable(tuple(_link(message) for message in dump))

    def link(self, name: str) -> Link | None:
        """Return the link of this name, whichever of its names that is."""
        try:
            found = self._socket.link("get", ifname=name, ext_mask=RTEXT_FILTER_SKIP_STATS)
        except NetlinkError as error:
            if error.code == errno.ENODEV:
                return None
            raise
        # The kernel finds a link by an altname too; that is not the link we asked for.
        return next((link for link in map(_link, found) if link.name == name), None)

    def addresses(self, **match: object) -> Iterable[Message]:
        """Return the addresses that match, as pyroute2 has them, in the kernel's order."""
        return tuple(self._socket.get_addr(**match))

    def change_link(self, verb: str, **attributes: object) -> None:
        """Do what `ip link VERB` does.

        :raises NetlinkError: what the kernel says; see :func:`refusing`
        """
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


def _link(message: Message) -> Link:
    info = message.get("linkinfo")
    kind = info.get("kind") if info else None
    data = info.get("data") if info and kind in {"vlan", "bridge"} else None
    # A veth's other end may be in another namespace, where the index is somebody else's.
    here = message.get("link_netnsid") is None
    return Link(
        index=message["index"],
        name=message.get("ifname"),
        kind=kind,
        mac=message.get("address") or "",
        mtu=message.get("mtu"),
        alias=message.get("ifalias") or "",
        flags=message["flags"],
        master=message.get("master"),
        parent=message.get("link") if here else None,
        tag=data.get("vlan_id") if data else None,
        spanning_tree=bool(data and data.get("br_stp_state")),
        forward_delay=data.get("br_forward_delay") or 0 if data else 0,
        names=tuple(_names(message.get("prop_list"))),
    )


def _names(properties: Message) -> Iterator[str]:
    for name, value in properties["attrs"] if properties else ():
        if name == "IFLA_ALT_IFNAME":
            yield value
