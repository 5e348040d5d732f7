"""The links of a host and their addresses, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network, ip_address

from cloudnet.agent.drivers.links.sysctl_lists import LinkSysctl
from cloudnet.agent.node.resources.actual import ALIAS
from cloudnet.common.limits import is_uuid

IFF_UP = 0x1
IFF_LOOPBACK = 0x8
IFF_RUNNING = 0x40


@dataclass(frozen=True)
class Link:
    """A network device, as far as the drivers need to know it."""

    index: int
    name: str
    kind: str | None  # as in `ip -d link`; None: hardware
    mac: str
    mtu: int
    alias: str  # empty: none
    flags: int
    master: int | None  # index
    parent: int | None  # index of the device below, in this network namespace
    tag: int | None  # of a VLAN device
    spanning_tree: bool  # of a bridge
    forward_delay: int  # of a bridge
    names: tuple[str, ...]  # alternative names (`altname`)
    wrong_sysctls: tuple[LinkSysctl, ...] = ()  # of a bridge or VLAN device

    @property
    def up(self) -> bool:
        return bool(self.flags & IFF_UP)

    @property
    def running(self) -> bool:
        """Whether it is up and has a carrier."""
        return self.up and bool(self.flags & IFF_RUNNING)

    @property
    def network(self) -> str | None:
        """The uuid of the network that the link was created for; None: it is not ours.

        Anybody can give a link any alias; a report with a network that has no uuid is refused.
        """
        uuid = self.alias.removeprefix(ALIAS) if self.alias.startswith(ALIAS) else None
        return uuid if is_uuid(uuid) else None


@dataclass(frozen=True)
class LinkAddress:
    """An address of a link, as far as the drivers need to know it."""

    index: int  # of the link
    family: int
    packed: bytes
    prefixlen: int
    is_global: bool  # valid beyond the link; each NIC has an IPv6 address that is not
    label: str  # empty: none
    protocol: int  # of what added it; 0: unknown
    secondary: bool  # behind another address of the same network

    def __str__(self) -> str:
        return f"{ip_address(self.packed)}/{self.prefixlen}"


@dataclass(frozen=True)
class LinkRoute:
    """A route of the main table to what a link reaches without a gateway."""

    index: int  # of the link
    network: IPv4Network


@dataclass(frozen=True)
class LinkTable:
    """All links of a host, their addresses and what they reach, at one moment."""

    links: tuple[Link, ...]
    addresses: tuple[LinkAddress, ...] = ()  # in the kernel's order
    routes: tuple[LinkRoute, ...] = ()

    @cached_property
    def by_index(self) -> Mapping[int, Link]:
        return {link.index: link for link in self.links}

    @cached_property
    def ports(self) -> Mapping[int, list[Link]]:
        """The ports of each bridge, by the index of the bridge."""
        ports: dict[int, list[Link]] = {}
        for link in self.links:
            if link.master is not None:
                ports.setdefault(link.master, []).append(link)
        return ports

    def get_name(self, index: int | None) -> str | None:
        """Return the name of the link with this index; None: there is no such link."""
        link = self.by_index.get(index) if index is not None else None
        return link.name if link else None
