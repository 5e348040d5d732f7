"""Asks the kernel for links and takes its answers apart, only as far as they are read.

The loop reads all links in every round, and pyroute2 makes an object of each of the fifty
attributes of each: 0.7 ms a link, 50 ms on a node with some twenty guests, with the garbage to
match. Here a link costs a tenth of that. pyroute2 still makes every change.
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
ERROR, DONE = 2, 3  # NLMSG_…
REQUEST, DUMP, DUMP_INTERRUPTED = 0x1, 0x300, 0x10  # NLM_F_…
TYPE = 0x3FFF  # NLA_TYPE_MASK
# uapi/linux/rtnetlink.h, if_link.h
NEW_LINK, GET_LINK = 16, 18  # RTM_…
LINK = struct.Struct("=BxHiII")  # struct ifinfomsg: family, device type, index, flags, change
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


class LinkSocket:
    """An rtnetlink socket that only asks; used by one thread."""

    def __init__(self) -> None:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._sequence = 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def all(self) -> list[LinkMessage]:
        """Return what there is to say of all links, as it was at one moment.

        :raises NetlinkError: the kernel's; EINTR: links came and went all the while
        """
        for _ in range(TRIES):
            found = self._asked(REQUEST | DUMP, b"")
            if found is not None:
                return found
        raise NetlinkError(errno.EINTR, "links come and go too fast to be read")

    def one(self, name: str) -> LinkMessage | None:
        """Return what there is to say of the link that answers to the name."""
        try:
            found = self._asked(REQUEST, _attribute(IFNAME, name.encode() + b"\0"))
        except NetlinkError as error:
            if error.code == errno.ENODEV:
                return None
            raise
        return found[0] if found else None

    def _asked(self, flags: int, more: bytes) -> list[LinkMessage] | None:
        """Return the answer; None: what is listed has changed while it was being told."""
        self._sequence += 1
        body = LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0) + more
        body += _attribute(EXT_MASK, NUMBER.pack(SKIP_STATS))
        head = HEADER.pack(HEADER.size + len(body), GET_LINK, flags, self._sequence, 0)
        self._socket.send(head + body)
        found: list[LinkMessage] = []
        torn = False
        while True:
            for kind, said, data in self._received():
                torn = torn or bool(said & DUMP_INTERRUPTED)
                if kind == DONE:
                    return None if torn else found
                if kind == ERROR:
                    raise NetlinkError(-struct.unpack_from("=i", data)[0])
                if kind == NEW_LINK:
                    _, _, index, up, _ = LINK.unpack_from(data)
                    found.append(LinkMessage(index, up, attributes(data[LINK.size :])))
                    if not flags & DUMP:
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


def _attribute(kind: int, value: bytes) -> bytes:
    length = ATTRIBUTE.size + len(value)
    return ATTRIBUTE.pack(length, kind) + value + b"\0" * (_aligned(length) - length)


def _aligned(length: int) -> int:
    return (length + 3) & ~3
