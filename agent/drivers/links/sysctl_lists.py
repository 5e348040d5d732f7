"""The settings of a link of ours (``/proc/sys/net/ipv4/conf/br100/…``), in the kernel's lists.

A guest sends what it likes to the MAC of its bridge. The firewall decides about IPv4 packets; these
settings decide about the rest: the host has no IPv6 on its bridges, and answers ARP requests for
the address that a bridge carries, not for those of its other links.

They are read from the answer about the link itself, where the kernel lists them: a host has
hundreds of links, and is read every few seconds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from socket import AF_INET, AF_INET6

NUMBER_BYTES = 4


@dataclass(frozen=True)
class LinkSysctl:
    """A setting of each link of ours, and the value that it must have."""

    name: str  # below /proc/sys/net/ipv4/conf/<link> or ipv6
    family: int
    place: int  # in the kernel's list: uapi/linux/ip.h (less 1), ipv6.h
    value: int
    fault: str  # what is wrong with another value

    def path(self, link: str) -> Path:
        """Return the file of the setting."""
        protocol = "ipv4" if self.family == AF_INET else "ipv6"
        return Path("/proc/sys/net", protocol, "conf", link, self.name)


DISABLE_IPV6 = LinkSysctl("disable_ipv6", AF_INET6, 26, 1, "has IPv6")
SYSCTLS = (
    DISABLE_IPV6,
    # For the moment before an administrator's change of the line above is undone.
    LinkSysctl("accept_ra", AF_INET6, 3, 0, "accepts router advertisements"),
    LinkSysctl("arp_ignore", AF_INET, 18, 1, "answers ARP for all addresses of the host"),
    LinkSysctl("arp_announce", AF_INET, 17, 2, "asks by ARP from any address of the host"),
    LinkSysctl("accept_redirects", AF_INET, 3, 0, "accepts redirects"),
)


def list_wrong(lists: Mapping[int, bytes]) -> tuple[LinkSysctl, ...]:
    """Return the settings that have another value.

    :param lists: the kernel's list of a link's settings by family; a host without IPv6 has one
    """
    return tuple(_wrong(lists))


def _wrong(lists: Mapping[int, bytes]) -> Iterator[LinkSysctl]:
    for sysctl in SYSCTLS:
        start = sysctl.place * NUMBER_BYTES
        found = lists.get(sysctl.family, b"")[start : start + NUMBER_BYTES]
        if found and int.from_bytes(found, sys.byteorder, signed=True) != sysctl.value:
            yield sysctl
