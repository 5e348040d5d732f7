"""Asks the kernel for links and addresses, and takes its answers apart as far as they are read.

The loop reads all of them in every round, and pyroute2 makes an object of each of the fifty
attributes of each link: 0.7 ms a link, 50 ms on a node with some twenty guests, with the garbage to
match. Here it is a tenth of that. pyroute2 still makes every change.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyroute2.netlink.exceptions import NetlinkError

# uapi/linux/netlink.h
HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
ATTRIBUTE = struct.Struct("=HH")  # struct nlattr: length, type
NUMBER = struct.Struct("=I")
CODE = struct.Struct("=i")  # struct nlmsgerr: -errno, then the request
ERROR, DONE = 2, 3  # NLMSG_…
REQUEST, DUMP, DUMP_INTERRUPTED = 0x1, 0x300, 0x10  # NLM_F_…
TYPE = 0x3FFF  # NLA_TYPE_MASK
# uapi/linux/rtnetlink.h, if_link.h, if_addr.h
NEW_LINK, GET_LINK, NEW_ADDRESS, GET_ADDRESS = 16, 18, 20, 22  # RTM_…
LINK = struct.Struct("=BxHiII")  # struct ifinfomsg: family, device type, index, flags, change
ADDRESS = struct.Struct("=BBBBI")  # struct ifaddrmsg: family, prefix length, flags, scope, index
IFNAME, EXT_MASK = 3, 29  # IFLA_…
SKIP_STATS = 0x8  # RTEXT_FILTER_…: half of a link's message is counters

LONGEST = 1 << 16  # bytes; the kernel fills half of it at most
TRIES = 10


@dataclass(frozen=True)
class LinkMessage:
    """What the kernel says of one link."""

    index: int
    flags: int
    attributes: Mapping[int, bytes]  # by IFLA_… number


@dataclass(frozen=True)
class AddressMessage:
    """What the kernel says of one address."""

    family: int
    prefixlen: int
    flags: int
    scope: int
    index: int  # of its link
    attributes: Mapping[int, bytes]  # by IFA_… number


class RouteSocket:
    """An rtnetlink socket that only asks; used by one thread."""

    def __init__(self) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._sequence = 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def links(self) -> list[LinkMessage]:
        """Return what there is to say of all links, as it was at one moment.

        :raises NetlinkError: the kernel's; EINTR: links came and went all the while
        """
        return [_link(data) for data in self._listed(GET_LINK, _wish_for_links())]

    def link(self, name: str) -> LinkMessage | None:
        """Return what there is to say of the link that answers to the name."""
        wish = _wish_for_links(_attribute(IFNAME, name.encode() + b"\0"))
        try:
            found = self._asked(GET_LINK, 0, wish)
        except NetlinkError as error:
            if error.code == errno.ENODEV:
                return None
            raise
        return _link(found[0]) if found else None

    def addresses(self, family: int = socket.AF_UNSPEC) -> list[AddressMessage]:
        """Return what there is to say of all addresses, in the kernel's order."""
        wish = ADDRESS.pack(family, 0, 0, 0, 0)
        return [_address(data) for data in self._listed(GET_ADDRESS, wish)]

    def _listed(self, what: int, wish: bytes) -> list[bytes]:
        for _ in range(TRIES):
            found = self._asked(what, DUMP, wish)
            if found is not None:
                return found
        raise NetlinkError(errno.EINTR, "links and addresses change too fast to be read")

    def _asked(self, what: int, flags: int, wish: bytes) -> list[bytes] | None:
        """Return the answer; None: what is listed has changed while it was being told."""
        self._sequence += 1
        head = HEADER.pack(HEADER.size + len(wish), what, REQUEST | flags, self._sequence, 0)
        self._socket.send(head + wish)
        found: list[bytes] = []
        torn = False
        while True:
            for kind, said, data in self._received():
                torn = torn or bool(said & DUMP_INTERRUPTED)
                if kind == DONE:
                    return None if torn else found
                if kind == ERROR:
                    raise NetlinkError(-CODE.unpack_from(data)[0])
                found.append(data)
                if flags != DUMP:
                    return found

    def _received(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield the type, flags and content of the messages of one datagram that answer us."""
        datagram = self._socket.recv(LONGEST)
        position = 0
        while position < len(datagram):
            length, kind, flags, sequence, _ = HEADER.unpack_from(datagram, position)
            if sequence == self._sequence:  # else: the rest of an answer that was given up
                yield kind, flags, datagram[position + HEADER.size : position + length]
            position += _aligned(length)


def attributes(data: bytes) -> dict[int, bytes]:
    """Return a message's attributes, or those nested in one, by their numbers."""
    return dict(listed(data))


def listed(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield attributes in their order, for those that come more than once."""
    position, end, unpack = 0, len(data), ATTRIBUTE.unpack_from
    while position < end:  # a link has fifty of them: every call in here would count
        length, kind = unpack(data, position)
        if length < ATTRIBUTE.size:
            return  # no kernel says so
        yield kind & TYPE, data[position + 4 : position + length]
        position += (length + 3) & ~3


def _link(data: bytes) -> LinkMessage:
    _, _, index, flags, _ = LINK.unpack_from(data)
    return LinkMessage(index, flags, attributes(data[LINK.size :]))


def _address(data: bytes) -> AddressMessage:
    family, prefixlen, flags, scope, index = ADDRESS.unpack_from(data)
    return AddressMessage(family, prefixlen, flags, scope, index, attributes(data[ADDRESS.size :]))


def _wish_for_links(more: bytes = b"") -> bytes:
    mask = _attribute(EXT_MASK, NUMBER.pack(SKIP_STATS))
    return LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0) + more + mask


def _attribute(kind: int, value: bytes) -> bytes:
    length = ATTRIBUTE.size + len(value)
    return ATTRIBUTE.pack(length, kind) + value + b"\0" * (_aligned(length) - length)


def _aligned(length: int) -> int:
    return (length + 3) & ~3
