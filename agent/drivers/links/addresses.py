"""The host's addresses on its bridges, and the floating IPs on its public NICs.

A floating IP of ours carries the label ``<device>:cn``. A label is at most 15 characters long, as a
device's name is, and the kernel does not hold it against that name (only `ip` does), so a name of
more than 12 characters is cut short in it.

A bridge's address cannot have a label of its own: the kernel then no longer finds it by the
bridge's name (SIOCGIFADDR), and dnsmasq says "DHCP packet received on br100 which has no address".
It carries a protocol number instead (IFA_PROTO, Linux 5.18; `ip` shows it from 6.3 on). An older
kernel forgets the number: there the address counts as the operator's and goes with the bridge.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from socket import AF_INET

from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.links.arp import ArpAnnouncer
from cloudnet.agent.drivers.links.netlink import Assigned, Link, LinkTable, Netlink, refusing
from cloudnet.agent.node.resources.actual import LABEL
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.common.errors import KernelRefused
from cloudnet.common.limits import DEVICE_NAME_LENGTH

LOG = logging.getLogger(__name__)

PROTOCOL = 99  # "c"; who made an address, as `proto` says it for routes
ONE_HOST = 32  # a floating IP's prefix length


@dataclass(frozen=True)
class _Found:
    """One IPv4 address as the kernel has it."""

    index: int
    interface: IPv4Interface
    label: str
    protocol: int
    secondary: bool  # behind another one of the same network

    @property
    def ours(self) -> bool:
        return self.protocol == PROTOCOL or self.label.endswith(LABEL)


class AddressDriver:
    """Reads, adds and takes away :class:`Address` and :class:`PublicAddress`."""

    def __init__(self, netlink: Netlink, announcer: ArpAnnouncer) -> None:
        self._netlink = netlink
        self._announcer = announcer
        # Wanted ones that are there without our mark: the operator's, left as they are. Known
        # again after a restart as soon as they are wanted again.
        self._lent: dict[tuple[str, IPv4Address], Address | PublicAddress] = {}

    def read(self, links: LinkTable) -> Iterator[Address | PublicAddress]:
        """Yield our addresses, and the operator's that stand in for ours.

        Not those of a bridge that come second in their network: dnsmasq and the kernel take the
        first for their own, so such a one is as good as missing.
        """
        for found in self._addresses():
            link = links.by_index.get(found.index)
            if link is None:  # gone since the links were read
                continue
            lent = self._lent.get((link.name, found.interface.ip))
            if lent is not None and not found.ours:
                yield lent
            elif found.ours and found.interface.network.prefixlen == ONE_HOST:
                yield PublicAddress(link.name, found.interface.ip)
            elif found.ours and not (found.secondary and link.network):
                yield Address(link.name, found.interface)

    def ensure(self, want: Address | PublicAddress) -> None:
        """Add the address and tell the neighbours where it is now."""
        link = self._netlink.link(want.device)
        if link is None:
            raise KernelRefused(
                f"{want}: there is no {want.device}; there are: {self._netlink.nics()}"
            )
        interface = _interface(want)
        there = tuple(self._addresses(link.index))
        with refusing(f"{want}", "see `ip address` for what is there"):
            if any(found.interface.ip == interface.ip and not found.ours for found in there):
                self._lend(want, interface.ip)
                return
            neighbours = [
                found
                for found in there
                if found.interface.network == interface.network and found.interface != interface
            ]
            ours = next((found for found in there if found.interface == interface), None)
            if ours is None or ours.secondary:
                self._add_before(neighbours, _new(want, link))
        if link.up:
            self._announcer.announce(link.name, link.mac, interface.ip)

    def remove(self, actual: Address | PublicAddress) -> None:
        """Take the address away, unless it is the operator's."""
        interface = _interface(actual)
        self._lent.pop((actual.device, interface.ip), None)
        link = self._netlink.link(actual.device)
        if link is None:
            return
        with refusing(f"remove {actual}", "see `ip address` for what is there"):
            for found in self._addresses(link.index):
                if found.ours and found.interface == interface:
                    self._delete(found)

    def of_others(self) -> frozenset[int]:
        """Return the indexes of the links that carry addresses which are not ours.

        Only such as reach further than the link: every NIC has an IPv6 address of its own.
        """
        return frozenset(
            assigned.index
            for assigned in self._netlink.addresses()
            if assigned.reaches_far and not (assigned.family == AF_INET and _found(assigned).ours)
        )

    def _addresses(self, index: int | None = None) -> Iterator[_Found]:
        for assigned in self._netlink.addresses(index):
            if assigned.family == AF_INET:
                yield _found(assigned)

    def _lend(self, want: Address | PublicAddress, address: IPv4Address) -> None:
        if (want.device, address) not in self._lent:
            LOG.warning("%s is the operator's: used as it is, never removed", want)
            self._lent[want.device, address] = want

    def _add_before(self, neighbours: list[_Found], new: _Found) -> None:
        """Add the address in front of others of its network.

        The kernel only appends, and with the first address of a network it takes the others away.
        """
        for found in reversed(neighbours):
            self._delete(found)
        for address in (new, *neighbours):
            self._add(address)

    def _add(self, address: _Found) -> None:
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
            if error.code != errno.EEXIST:
                raise

    def _delete(self, found: _Found) -> None:
        try:
            self._netlink.change_address(
                "del",
                index=found.index,
                address=str(found.interface.ip),
                prefixlen=found.interface.network.prefixlen,
            )
        except NetlinkError as error:
            if error.code != errno.EADDRNOTAVAIL:
                raise


def _interface(resource: Address | PublicAddress) -> IPv4Interface:
    if isinstance(resource, Address):
        return resource.interface
    return IPv4Interface((resource.address, ONE_HOST))


def _new(want: Address | PublicAddress, link: Link) -> _Found:
    """Return the address with our mark."""
    if isinstance(want, Address):
        return _Found(link.index, want.interface, link.name, PROTOCOL, secondary=False)
    label = link.name[: DEVICE_NAME_LENGTH - len(LABEL)] + LABEL
    return _Found(link.index, _interface(want), label, 0, secondary=False)


def _found(assigned: Assigned) -> _Found:
    return _Found(
        assigned.index,
        IPv4Interface((assigned.packed, assigned.prefixlen)),
        assigned.label,
        assigned.protocol,
        assigned.secondary,
    )
