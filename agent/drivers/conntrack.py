"""Connections through floating IPs, which the kernel still translates when the rule is gone.

NAT is decided by the first packet of a connection. So when a floating IP leaves a guest, its rules
are removed first, and then its entries in the kernel's table of connections (conntrack).
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.nfnetlink.nfctsocket import NFCTAttrTuple, NFCTSocket

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.drivers.links.netlink import refusing
from cloudnet.agent.node.resources.base import Resource
from cloudnet.agent.node.resources.nat_mapping import NatMapping
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.common.errors import KernelRefused
from cloudnet.common.log_once import ConditionLog

LOG = logging.getLogger(__name__)

NAT_STATUSES = 0x10, 0x20  # IPS_SRC_NAT, IPS_DST_NAT

SEARCH = "search connections through floating IPs"
REMEDY = "the module nf_conntrack_netlink is needed (modprobe nf_conntrack_netlink)"

Message = Any  # Any: pyroute2 publishes no types


@dataclass(frozen=True)
class _Connection:
    """One entry: the addresses of its packets and of the replies, which NAT makes differ."""

    source: IPv4Address
    destination: IPv4Address
    reply_source: IPv4Address
    reply_destination: IPv4Address
    message: Message

    def list_nat_mappings(self) -> Iterator[NatMapping]:
        """Yield the NAT mappings that can have made this entry."""
        if self.reply_source != self.destination:
            yield NatMapping(self.destination, self.reply_source)
        if self.reply_destination != self.source:
            yield NatMapping(self.reply_destination, self.source)


class ConntrackDriver(Driver[NatMapping]):
    """Removes the connections of a :class:`NatMapping`; reads those that no rule explains."""

    kinds = (NatMapping,)

    def __init__(self, open_socket: Callable[[], NFCTSocket] = NFCTSocket) -> None:
        self._open_socket = open_socket
        self._socket: NFCTSocket | None = None
        self._remains: dict[str, NatMapping] | None = None  # None: not searched for yet
        self._conditions = ConditionLog(LOG)

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()

    def read(self, links: LinkTable) -> Iterator[NatMapping]:
        """Yield nothing: the rules are the mapping; see :meth:`read_remains` for the others."""
        return iter(())

    def read_remains(self, resources: Sequence[Resource]) -> Iterable[NatMapping]:
        """Return the mappings of our floating IPs that connections still have.

        An agent that was stopped between removing the rules and removing the connections has left
        some. They are searched for once, in the first call in which the table can be read.
        """
        if self._remains is None:
            try:
                self._remains = self._search(_list_floating_ips(resources))
            except KernelRefused as error:  # not worth leaving the host unmanaged for
                self._conditions.start(SEARCH, f"{error}; trying again with each read of the host")
                return ()
            self._conditions.resolve(SEARCH)
        return list(self._remains.values())

    def ensure(self, desired: NatMapping, actual: NatMapping | None) -> None:
        """Do nothing: the rules of table nat make it."""

    def remove(self, actual: NatMapping) -> None:
        """Remove the connections between this floating IP and this fixed address.

        Not those of the floating IP with another guest: it may be associated again already.
        """
        with refusing(f"remove the connections of {actual}", REMEDY):
            for each in self._list_connections(daddr=actual.floating):
                if each.reply_source in {actual.fixed, actual.floating}:
                    self._remove_connection(each)
            for each in self._list_connections(saddr=actual.fixed):
                if each.reply_destination == actual.floating:
                    self._remove_connection(each)
        if self._remains is not None:
            self._remains.pop(actual.key, None)

    def remove_connections(self, address: PublicAddress) -> None:
        """Remove all connections through a floating IP, of any guest."""
        with refusing(f"remove the connections of {address}", REMEDY):
            for each in self._list_connections(daddr=address.address):
                self._remove_connection(each)
            for each in self._list_connections():
                if each.reply_destination == address.address != each.source:
                    self._remove_connection(each)

    def _search(self, floating: AbstractSet[IPv4Address]) -> dict[str, NatMapping]:
        if not floating:
            return {}
        with refusing(SEARCH, REMEDY):
            return {
                mapping.key: mapping
                for connection in self._list_connections()
                for mapping in connection.list_nat_mappings()
                if mapping.floating in floating
            }

    def _opened(self) -> NFCTSocket:
        """Return the socket, opened; many hosts never need it, nor the kernel module behind it."""
        if self._socket is None:
            try:
                self._socket = self._open_socket()
            except OSError as error:  # the kernel has no nf_conntrack
                raise NetlinkError(error.errno or errno.EIO) from error
        return self._socket

    def _list_connections(
        self, saddr: IPv4Address | None = None, daddr: IPv4Address | None = None
    ) -> Iterator[_Connection]:
        """Yield the connections whose first packet had these addresses; default: all with NAT.

        The kernel filters them (since 5.8); an older one ignores the filter, so it is repeated.
        """
        kernel = self._opened()
        if saddr is not None or daddr is not None:
            selected = NFCTAttrTuple(
                saddr=str(saddr) if saddr else None, daddr=str(daddr) if daddr else None
            )
            dump = list(kernel.dump(tuple_orig=selected))
        else:
            # Either kind of NAT: one mask would select only what has both.
            dump = [
                message
                for status in NAT_STATUSES
                for message in kernel.dump(status=status, status_mask=status)
            ]
        for connection in map(_parse, dump):
            if connection is None:
                continue
            if saddr in {None, connection.source} and daddr in {None, connection.destination}:
                yield connection

    def _remove_connection(self, connection: _Connection) -> None:
        message = connection.message
        # The id tells this connection from a later one with the same ports.
        identity = {
            "tuple_orig": _copy(message.get_attr("CTA_TUPLE_ORIG")),
            "id": message.get_attr("CTA_ID"),
            "zone": message.get_attr("CTA_ZONE"),
        }
        try:
            self._opened().entry("del", **identity)
        except NetlinkError as error:
            if error.code != errno.ENOENT:  # it ended in the meantime
                raise
        LOG.debug("removed connection %s -> %s", connection.source, connection.destination)


def _list_floating_ips(resources: Iterable[Resource]) -> frozenset[IPv4Address]:
    """Return the floating IPs of this host, by their addresses or by their rules."""
    return frozenset(
        each.address if isinstance(each, PublicAddress) else each.floating
        for each in resources
        if isinstance(each, PublicAddress | NatMapping)
    )


def _parse(message: Message) -> _Connection | None:
    """Return the connection; None: the entry has no IPv4 addresses, e.g. it is of IPv6."""
    try:
        original = _addresses(message.get_attr("CTA_TUPLE_ORIG"))
        reply = _addresses(message.get_attr("CTA_TUPLE_REPLY"))
    except (AttributeError, ValueError):  # an attribute is missing
        return None
    return _Connection(*original, *reply, message)


def _addresses(side: Message) -> tuple[IPv4Address, IPv4Address]:
    ip = side.get_attr("CTA_TUPLE_IP")
    return IPv4Address(ip.get_attr("CTA_IP_V4_SRC")), IPv4Address(ip.get_attr("CTA_IP_V4_DST"))


def _copy(nested: Message) -> Message:
    """Return a tuple in the form that a request needs, whatever its protocol has for ports."""
    return {
        "attrs": [
            [attribute[0], _copy(attribute[1]) if isinstance(attribute[1], dict) else attribute[1]]
            for attribute in nested["attrs"]
        ]
    }
