"""Where the neighbours of this host reach its addresses, and the announcement of what changed.

An address is reached at the MAC of its device, through that device and, if it is a bridge of ours,
through the bridge's uplink. A change of one of these makes neighbours send to the wrong place until
they resolve the address again: a new address, a repaired MAC, a link that came up, an uplink that
is back in its bridge, another MAC of the operator's NIC. So the places are compared after each read
and each step, and no step has to announce anything itself.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address
from socket import AF_INET
from typing import Protocol

from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.links.addresses import is_ours
from cloudnet.agent.drivers.links.link_table import Link, LinkAddress, LinkTable
from cloudnet.agent.drivers.links.netlink import Netlink
from cloudnet.agent.drivers.links.ports import bridge_of

LOG = logging.getLogger(__name__)

Key = tuple[str, IPv4Address]  # device, address
FEW = 5  # devices; of more than these, one read of all is faster than one of each


@dataclass(frozen=True)
class Place:
    """Where an address is reached."""

    mac: str
    links: frozenset[str]  # by which the neighbours can be reached now


class Announcer(Protocol):
    """What sends announcements."""

    def announce(self, device: str, mac: str, address: IPv4Address) -> None:
        """Announce an address now and a few times more."""

    def withdraw(self, device: str, address: IPv4Address) -> None:
        """End the announcements of an address."""


def list_places(links: LinkTable) -> dict[Key, Place]:
    """Return the places of our addresses, and of all addresses on our bridges."""
    places = {}
    known: dict[int, Place] = {}
    for address in links.addresses:
        link = links.by_index.get(address.index)
        if link is not None and _is_announced(address, link):
            if link.index not in known:
                known[link.index] = _place_of(link, links)
            places[link.name, IPv4Address(address.packed)] = known[link.index]
    return places


def _is_announced(address: LinkAddress, link: Link) -> bool:
    # A bridge of ours may carry the gateway's address without our mark: the operator added it, or
    # the kernel keeps no marks.
    return address.family == AF_INET and (is_ours(address) or link.network is not None)


def _place_of(link: Link, links: LinkTable) -> Place:
    if link.network is None:
        return Place(link.mac, frozenset({link.name} if link.running else ()))
    ports = links.ports.get(link.index, ())
    uplinks = {port.name for port in ports if _is_uplink(port, link) and port.running}
    return Place(link.mac, frozenset(uplinks | ({link.name} if link.up else set())))


def _is_uplink(port: Link, bridge: Link) -> bool:
    return port.network is not None or bridge_of(port) == bridge.name


class Announcements:
    """Announces each address of ours whose place changed."""

    def __init__(self, netlink: Netlink, announcer: Announcer) -> None:
        self._netlink = netlink
        self._announcer = announcer
        self._places: dict[Key, Place] = {}
        self._is_first = True  # addresses that exist when the agent starts have not moved

    def observe(self, links: LinkTable) -> None:
        """Compare all places of the host, which was just read."""
        places = list_places(links)
        for key in self._places.keys() - places.keys():
            self.forget(*key)
        ours = {link.name for link in links.links if link.network is not None}
        for key, place in places.items():
            before = self._places.get(key)
            # A bridge of ours with another MAC is repaired in this pass, and announced then.
            is_drift = before is not None and before.mac != place.mac and key[0] in ours
            self._update(key, place, announce=not (is_drift or self._is_first))
        self._is_first = False

    def check(self, devices: Collection[str]) -> None:
        """Compare the places on devices that a step may have changed."""
        try:
            places = self._read(devices)
        except (NetlinkError, OSError) as error:
            LOG.debug("links cannot be read for announcements: %s", error)
            places = {}  # the next read of the host announces them
        for key in [key for key in self._places if key[0] in devices and key not in places]:
            self.forget(*key)
        for key, place in places.items():
            self._update(key, place)

    def forget(self, device: str, address: IPv4Address) -> None:
        """Forget the place of an address, and end its announcements."""
        self._places.pop((device, address), None)
        self._announcer.withdraw(device, address)

    def _update(self, key: Key, place: Place, *, announce: bool = True) -> None:
        before = self._places.get(key)
        self._places[key] = place
        is_lost = before is not None and before.mac == place.mac and place.links <= before.links
        if announce and place.links and not is_lost:
            self._announcer.announce(key[0], place.mac, key[1])

    def _read(self, devices: Collection[str]) -> dict[Key, Place]:
        if len(devices) > FEW:
            found = list_places(self._netlink.read_links())
            return {key: place for key, place in found.items() if key[0] in devices}
        places: dict[Key, Place] = {}
        for device in devices:
            places |= list_places(self._read_one(device))
        return places

    def _read_one(self, device: str) -> LinkTable:
        link = self._netlink.get_link(device)
        addresses = () if link is None else tuple(self._netlink.list_addresses(link.index))
        if link is None or not addresses:
            return LinkTable(())
        ports = self._netlink.list_ports(link.index) if link.network is not None else ()
        return LinkTable((link, *ports), addresses)
