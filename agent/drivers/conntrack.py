"""Connections through floating IPs, which the kernel goes on translating when the rule is gone.

NAT is decided by a connection's first packet. So when a floating IP leaves a guest, its rules go
first, and then the kernel forgets the connections that were made by them.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.nfnetlink.nfctsocket import NFCTAttrTuple, NFCTSocket

from cloudnet.agent.drivers.links.netlink import LinkTable, refusing
from cloudnet.agent.node.resources.nat_mapping import NatMapping
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.common.errors import KernelRefused

LOG = logging.getLogger(__name__)

TRANSLATED = 0x10, 0x20  # IPS_SRC_NAT, IPS_DST_NAT

REMEDY = "the module nf_conntrack_netlink is needed (modprobe nf_conntrack_netlink)"

Message = Any  # Any: pyroute2 publishes no types


@dataclass(frozen=True)
class _Connection:
    """One entry: who asked whom, and who answers whom; they differ by what NAT has done."""

    source: IPv4Address
    destination: IPv4Address
    answers: IPv4Address  # source of the replies
    answered: IPv4Address  # destination of the replies
    message: Message

    def nat_mappings(self) -> Iterator[NatMapping]:
        """Yield what a floating IP's NAT would have to be, to have made this."""
        if self.answers != self.destination:
            yield NatMapping(self.destination, self.answers)
        if self.answered != self.source:
            yield NatMapping(self.answered, self.source)


class ConntrackDriver:
    """Takes away the connections of a :class:`NatMapping`, and finds those of dead ones."""

    def __init__(self) -> None:
        self._socket: NFCTSocket | None = None
        self._left: dict[str, NatMapping] | None = None  # None: not looked for yet

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()

    def read(self, links: LinkTable) -> Iterator[NatMapping]:
        """Yield nothing: a translation is its rules; see :meth:`left_over` for the others."""
        return iter(())

    def left_over(self, floating: AbstractSet[IPv4Address]) -> list[NatMapping]:
        """Return translations of our floating IPs that connections still know.

        An agent that was stopped between changing the rules and forgetting the connections has
        left some. They are looked for once, at the first call.
        """
        if self._left is None:
            self._left = {}
            try:
                self._left = self._search(floating) if floating else {}
            except KernelRefused as error:  # the node can be looked after all the same
                LOG.warning("%s", error)
        return list(self._left.values())

    def ensure(self, want: NatMapping) -> None:
        """Do nothing: the rules of the nat table make it."""

    def remove(self, actual: NatMapping) -> None:
        """Forget the connections between this floating IP and this fixed address.

        Not those of the floating IP with another one: it may have moved on already.
        """
        with refusing(f"forget the connections of {actual}", REMEDY):
            for found in self._connections(daddr=actual.floating):
                if found.answers in {actual.fixed, actual.floating}:
                    self._forget(found)
            for found in self._connections(saddr=actual.fixed):
                if found.answered == actual.floating:
                    self._forget(found)
        if self._left is not None:
            self._left.pop(actual.key, None)

    def forget(self, address: PublicAddress) -> None:
        """Forget all connections through a floating IP, whoever had it."""
        with refusing(f"forget the connections of {address}", REMEDY):
            for found in self._connections(daddr=address.address):
                self._forget(found)
            for found in self._connections():
                if found.answered == address.address != found.source:
                    self._forget(found)

    def _search(self, floating: AbstractSet[IPv4Address]) -> dict[str, NatMapping]:
        with refusing("look for connections through floating IPs", REMEDY):
            return {
                nat_mapping.key: nat_mapping
                for connection in self._connections()
                for nat_mapping in connection.nat_mappings()
                if nat_mapping.floating in floating
            }

    def _opened(self) -> NFCTSocket:
        """Return the socket; many nodes never need it, nor the kernel module behind it."""
        if self._socket is None:
            self._socket = NFCTSocket()
        return self._socket

    def _connections(
        self, saddr: IPv4Address | None = None, daddr: IPv4Address | None = None
    ) -> Iterator[_Connection]:
        """Yield the connections whose first packet had these addresses; all translated ones.

        The kernel does the choosing (since 5.8); what it hands out is looked at again.
        """
        kernel = self._opened()
        if saddr is not None or daddr is not None:
            wanted = NFCTAttrTuple(
                saddr=str(saddr) if saddr else None, daddr=str(daddr) if daddr else None
            )
            dump = list(kernel.dump(tuple_orig=wanted))
        else:
            # Either kind of NAT: a mask would ask for both at once.
            dump = [
                message
                for status in TRANSLATED
                for message in kernel.dump(status=status, status_mask=status)
            ]
        for message in dump:
            found = _connection(message)
            if saddr in {None, found.source} and daddr in {None, found.destination}:
                yield found

    def _forget(self, connection: _Connection) -> None:
        message = connection.message
        # The id says that it is this very connection and not a later one with the same ports.
        named = {
            "tuple_orig": _copy(message.get_attr("CTA_TUPLE_ORIG")),
            "id": message.get_attr("CTA_ID"),
            "zone": message.get_attr("CTA_ZONE"),
        }
        try:
            self._opened().entry("del", **named)
        except NetlinkError as error:
            if error.code != errno.ENOENT:  # it has just ended by itself
                raise
        LOG.debug("forgot a connection from %s to %s", connection.source, connection.destination)


def _connection(message: Message) -> _Connection:
    return _Connection(
        *_addresses(message.get_attr("CTA_TUPLE_ORIG")),
        *_addresses(message.get_attr("CTA_TUPLE_REPLY")),
        message,
    )


def _addresses(side: Message) -> tuple[IPv4Address, IPv4Address]:
    ip = side.get_attr("CTA_TUPLE_IP")
    return IPv4Address(ip.get_attr("CTA_IP_V4_SRC")), IPv4Address(ip.get_attr("CTA_IP_V4_DST"))


def _copy(nested: Message) -> Message:
    """Return a tuple as it can be sent back, whatever its protocol has for ports."""
    return {
        "attrs": [
            [attribute[0], _copy(attribute[1]) if isinstance(attribute[1], dict) else attribute[1]]
            for attribute in nested["attrs"]
        ]
    }
