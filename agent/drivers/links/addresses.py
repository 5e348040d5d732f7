"""The host's addresses on its bridges, and the floating IPs on its public NICs.

A floating IP of ours has the label ``<device>:cn``. A label is at most 15 characters long, like the
name of a device, and the kernel does not compare it with that name (only `ip` does), so a name of
more than 12 characters is cut short in it.

The address of a bridge cannot have a label of its own: the kernel then no longer finds it by the
bridge's name (SIOCGIFADDR), and dnsmasq logs "DHCP packet received on br100 which has no address".
It has a protocol number instead (IFA_PROTO, Linux 5.18; `ip` shows it from 6.3 on). An older
kernel ignores the number: there the address counts as the operator's and goes with the bridge.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from socket import AF_INET

from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import Link, LinkAddress, LinkTable
from cloudnet.agent.drivers.links.netlink import Netlink, refusing
from cloudnet.agent.node.resources.actual import LABEL
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.common.errors import KernelRefused

LOG = logging.getLogger(__name__)

LONGEST_LABEL = 15  # IFNAMSIZ - 1
PROTOCOL = 99  # "c"; says who added an address, as `proto` does for routes
ONE_HOST = 32  # prefix length of a floating IP


@dataclass(frozen=True)
class _Assigned:
    """An IPv4 address of a link."""

    index: int
    interface: IPv4Interface
    label: str
    protocol: int
    secondary: bool = False  # behind another address of the same network

    @property
    def ours(self) -> bool:
        return is_ours(self)


def is_ours(address: LinkAddress | _Assigned) -> bool:
    """Return whether an address has our mark."""
    return address.protocol == PROTOCOL or address.label.endswith(LABEL)


class AddressDriver(Driver[Address | PublicAddress]):
    """Reads, adds and removes :class:`Address` and :class:`PublicAddress`."""

    kinds = (Address, PublicAddress)

    def __init__(
        self,
        netlink: Netlink,
        forget_connections: Callable[[PublicAddress], None],
        withdraw: Callable[[str, IPv4Address], None] = lambda device, address: None,
    ) -> None:
        """:param forget_connections: called before a floating IP is removed

        :param withdraw: called before any address is removed, so that it is announced no more
        """
        self._netlink = netlink
        self._withdraw = withdraw
        self._forget_connections = forget_connections
        # Desired addresses that exist without our mark: the operator's, used and never removed.
        # After a restart they are recognized again as soon as they are desired again.
        self._borrowed: dict[tuple[str, IPv4Address], Address | PublicAddress] = {}
        # The operator's addresses by device, as last read; None: not read yet.
        self._operators: frozenset[tuple[str, IPv4Address]] | None = None

    def read(self, links: LinkTable) -> Iterator[Address | PublicAddress]:
        """Yield our addresses, and the operator's that are used in place of ours.

        A bridge's address that is not the first of its network counts as absent: the kernel and
        dnsmasq use the first one.
        """
        operators = set()
        for each in _ipv4(links.addresses):
            link = links.by_index.get(each.index)
            if link is None:  # removed between the two dumps
                continue
            where = (link.name, each.interface.ip)
            if not each.ours:
                operators.add(where)
                borrowed = self._borrowed.get(where)
                if borrowed is not None and _stands_in(each, borrowed):
                    yield borrowed
            elif each.interface.network.prefixlen == ONE_HOST:
                yield PublicAddress(link.name, each.interface.ip)
            elif not (each.secondary and link.network):
                yield Address(link.name, each.interface)
        self._operators = frozenset(operators)

    def ensure(
        self, desired: Address | PublicAddress, actual: Address | PublicAddress | None
    ) -> None:
        """Add the address."""
        link = self._netlink.get_link(desired.device)
        if link is None:
            raise KernelRefused(
                f"{desired}: there is no {desired.device}; there are: {self._netlink.format_nics()}"
            )
        new = _new(desired, link)
        with refusing(f"{desired}", "see `ip address` for what is there"):
            if not (self._is_alone(desired) and self._add(new)):
                existing = list(_ipv4(self._netlink.list_addresses(link.index)))
                if any(_stands_in(each, desired) and not each.ours for each in existing):
                    self._borrow(desired, new.interface.ip)
                    return
                self._borrowed.pop((desired.device, new.interface.ip), None)
                self._add_first(new, existing)

    def remove(self, actual: Address | PublicAddress) -> None:
        """Remove the address, unless it is the operator's."""
        self._withdraw(actual.device, _interface(actual).ip)
        if isinstance(actual, PublicAddress):
            # First: when the address is gone, nothing would try again after a failure.
            self._forget_connections(actual)
        if self._borrowed.pop((actual.device, _interface(actual).ip), None) is not None:
            return
        link = self._netlink.get_link(actual.device)
        if link is None:
            return
        with refusing(f"remove {actual}", "see `ip address` for what is there"):
            new = _new(actual, link)
            if isinstance(actual, PublicAddress):
                self._delete(new)  # the kernel compares the label
                return
            for each in _ipv4(self._netlink.list_addresses(link.index)):
                if each.ours and each.interface == new.interface:
                    self._delete(each)

    def _is_alone(self, desired: Address | PublicAddress) -> bool:
        """Return whether no other address of the device matters to this one.

        With 1,000 floating IPs on a NIC, listing them for each one would be quadratic.
        """
        return (
            isinstance(desired, PublicAddress)
            and self._operators is not None
            and (desired.device, desired.address) not in self._operators
        )

    def _borrow(self, desired: Address | PublicAddress, address: IPv4Address) -> None:
        if (desired.device, address) not in self._borrowed:
            LOG.warning("%s is the operator's: used as it is, never removed", desired)
            self._borrowed[desired.device, address] = desired

    def _add_first(self, new: _Assigned, existing: list[_Assigned]) -> None:
        """Add the address in front of the others of its network.

        The kernel only appends, and removes all addresses of a network with the first one.
        """
        network = new.interface.network
        others = [each for each in existing if each.interface.network == network]
        if others and others[0].interface == new.interface:
            return
        for each in reversed(others):
            self._delete(each)
        try:
            self._add(new)
        finally:  # the others return, even if the kernel refuses the new one
            for each in others:
                self._add(each)

    def _add(self, address: _Assigned) -> bool:
        """Add an address; return False if the link has it already."""
        try:
            self._netlink.change_address(
                "add",
                index=address.index,
                address=str(address.interface.ip),
                prefixlen=address.interface.network.prefixlen,
                broadcast=str(address.interface.network.broadcast_address),
                label=address.label,
                proto=address.protocol,
            )
        except NetlinkError as error:
            if error.code == errno.EEXIST:
                return False
            raise
        return True

    def _delete(self, address: _Assigned) -> None:
        try:
            self._netlink.change_address(
                "del",
                index=address.index,
                address=str(address.interface.ip),
                prefixlen=address.interface.network.prefixlen,
                label=address.label,
            )
        except NetlinkError as error:
            if error.code != errno.EADDRNOTAVAIL:
                raise


def _ipv4(addresses: Iterable[LinkAddress]) -> Iterator[_Assigned]:
    return (_parse(each) for each in addresses if each.family == AF_INET)


def _parse(address: LinkAddress) -> _Assigned:
    return _Assigned(
        address.index,
        IPv4Interface((address.packed, address.prefixlen)),
        address.label,
        address.protocol,
        address.secondary,
    )


def _interface(resource: Address | PublicAddress) -> IPv4Interface:
    if isinstance(resource, Address):
        return resource.interface
    return IPv4Interface((resource.address, ONE_HOST))


def _stands_in(address: _Assigned, desired: Address | PublicAddress) -> bool:
    """Return whether an address of the operator's serves as the desired one.

    With another prefix length, an address of a bridge has no route to some of the guests.
    """
    if isinstance(desired, Address):
        return address.interface == desired.interface
    return address.interface.ip == desired.address


def _new(desired: Address | PublicAddress, link: Link) -> _Assigned:
    """Return the address with our mark."""
    if isinstance(desired, Address):
        return _Assigned(link.index, desired.interface, link.name, PROTOCOL)
    label = link.name[: LONGEST_LABEL - len(LABEL)] + LABEL
    return _Assigned(link.index, _interface(desired), label, 0)
