"""Reads links, addresses and routes, and changes links and addresses, through pyroute2.

The one file that uses pyroute2's internals: its requests with a parser of their own, and the event
loop behind its blocking calls. setup.cfg has an upper bound for its version because of that.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Network
from socket import AF_INET
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.nlsocket import NetlinkRequest
from pyroute2.netlink.rtnl import RTM_GETADDR, RTM_GETLINK, RTM_GETROUTE
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from cloudnet.agent.drivers.links.link_dump import (
    parse_address,
    parse_link,
    parse_route,
    parse_way,
)
from cloudnet.agent.drivers.links.link_table import IFF_LOOPBACK, Link, LinkAddress, LinkTable
from cloudnet.agent.drivers.links.parse_cache import ParseCache
from cloudnet.agent.drivers.links.skip import Skipper
from cloudnet.common.errors import KernelRefused

# uapi/linux/netlink.h
HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
CODE = struct.Struct("=i")  # -errno, as the start of an error and as the whole end of a dump
ERROR, DONE = 2, 3  # NLMSG_…
REQUEST, DUMP, DUMP_INTERRUPTED = 0x1, 0x300, 0x10  # NLM_F_…
SKIP_STATS = 0x8  # RTEXT_FILTER_…: half of a link's message is counters
RT_TABLE_MAIN, RTN_UNICAST = 254, 1  # uapi/linux/rtnetlink.h
TRIES = 10

Message = Any  # Any: pyroute2 publishes no types


class Netlink:
    """A socket for rtnetlink, for one thread."""

    def __init__(self) -> None:
        # Opened by the thread that uses it: in any other, pyroute2 opens and closes a socket and
        # an event loop for each request.
        self._opened: IPRoute | None = None
        self._skipper = Skipper()
        self._links = ParseCache(self._skipper.wrap("link", parse_link))

    def close(self) -> None:
        """Close the socket; the next request opens another one."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def read_links(self) -> LinkTable:
        """Return all links and addresses, and what the links reach without a gateway."""
        routes = self._dump(_route_request(), RTM_GETROUTE)
        return LinkTable(
            self._links.parse(self._dump(_link_request(), RTM_GETLINK)),
            tuple(self.list_addresses()),
            tuple(self._skipper.parse("route", parse_route, routes)),
        )

    def get_link(self, name: str) -> Link | None:
        """Return the link of this name; None: there is none."""
        try:
            found = self._ask(_link_request(IFLA_IFNAME=_encode(name)), RTM_GETLINK, REQUEST)
        except NetlinkError as error:
            if error.code == errno.ENODEV:
                return None
            raise
        link = parse_link(found.messages[0])
        # The kernel finds a link by an alternative name, too; that is another link.
        return link if link.name == name else None

    def list_ports(self, bridge: int) -> list[Link]:
        """Return the ports of the bridge with this index."""
        request = _link_request(IFLA_MASTER=bridge)
        ports = self._skipper.parse("link", parse_link, self._dump(request, RTM_GETLINK))
        return [link for link in ports if link.master == bridge]

    def list_addresses(self, index: int = 0) -> list[LinkAddress]:
        """Return the addresses of the link with this index, or of all links (0)."""
        request = ifaddrmsg()
        request["index"] = index
        try:
            addresses = self._dump(request, RTM_GETADDR)
            return list(self._skipper.parse("address", parse_address, addresses))
        except NetlinkError as error:
            if index and error.code == errno.ENODEV:
                return []
            raise

    def list_ways(self, index: int) -> list[IPv4Network]:
        """Return what the host reaches by the link with this index, also through gateways."""
        routes = self._dump(_route_request(), RTM_GETROUTE)
        ways = self._skipper.parse("route", parse_way, routes)
        return [network for network, links in ways if index in links]

    def change_link(self, verb: str, **attributes: object) -> None:
        """Do what `ip link VERB` does.

        :raises NetlinkError: what the kernel answers; see :func:`refusing`
        """
        self._routes().link(verb, **_encode_all(attributes))

    def change_address(self, verb: str, **attributes: object) -> None:
        """Do what `ip address VERB` does.

        :raises NetlinkError: as above
        """
        self._routes().addr(verb, **_encode_all(attributes))

    def format_nics(self) -> str:
        """Return the names of the links that are not ours, for an error."""
        names = sorted(
            link.name
            for link in self.read_links().links
            if link.network is None and not link.flags & IFF_LOOPBACK and link.kind != "tun"
        )
        return ", ".join(names) or "none"

    def _routes(self) -> IPRoute:
        if self._opened is None:
            # Strict: the kernel refuses a filter that it does not know, instead of ignoring it.
            self._opened = IPRoute(strict_check=True)
        return self._opened

    def _dump(self, request: Message, kind: int) -> list[bytes]:
        for _ in range(TRIES):
            answer = self._ask(request, kind, REQUEST | DUMP)
            if not answer.is_interrupted:
                return answer.messages
        raise NetlinkError(errno.EINTR, "links and addresses change too fast to be read")

    def _ask(self, request: Message, kind: int, flags: int) -> _Answer:
        """Return the kernel's answer to a request that changes nothing."""
        answer = _Answer()
        socket = self._routes().asyncore

        async def ask() -> None:
            asked = NetlinkRequest(
                socket, request, msg_type=kind, msg_flags=flags, parser=answer.take
            )
            await asked.send()
            async for _ in asked.response():
                pass  # the answer has it

        try:
            socket.event_loop.run_until_complete(ask())
        except OSError:
            self.close()  # pyroute2 never uses a socket again that has failed
            raise
        return answer


class _Answer:
    """The messages of an answer, as pyroute2's raw parser collects them."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []  # without their netlink headers
        self.is_interrupted = False  # what is listed changed meanwhile: some may be missing

    def take(self, data: bytes, offset: int, length: int) -> Message:
        """Keep one message of a datagram; return what pyroute2 must know of it."""
        _, kind, flags, _, _ = HEADER.unpack_from(data, offset)
        content = data[offset + HEADER.size : offset + length]
        self.is_interrupted |= bool(flags & DUMP_INTERRUPTED)
        error = None
        if kind in {ERROR, DONE}:
            code = -CODE.unpack_from(content)[0]
            error = NetlinkError(code, os.strerror(code)) if code else None
        else:
            self.messages.append(content)
        return {"header": {"type": kind, "flags": flags, "error": error}}


@contextmanager
def refusing(what: str, remedy: str) -> Iterator[None]:
    """Turn the kernel's refusal into one line: what, why, what to do."""
    try:
        yield
    except NetlinkError as error:
        raise KernelRefused(f"{what}: {os.strerror(error.code)}; {remedy}") from error


def _encode(value: object) -> object:
    """Return a text that pyroute2 cannot encode as bytes: the name of a link has any."""
    return value if not isinstance(value, str) or value.isascii() else os.fsencode(value)


def _encode_all(attributes: Mapping[str, object]) -> dict[str, object]:
    return {name: _encode(value) for name, value in attributes.items()}


def _link_request(**attributes: object) -> Message:
    request = ifinfmsg()
    request["attrs"] = [("IFLA_EXT_MASK", SKIP_STATS), *attributes.items()]
    return request


def _route_request() -> Message:
    """Return a request for the IPv4 routes of the main table to other hosts."""
    request = rtmsg()
    request["family"] = AF_INET
    request["table"] = RT_TABLE_MAIN
    request["type"] = RTN_UNICAST
    return request
