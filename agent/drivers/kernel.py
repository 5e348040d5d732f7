"""The node as one thing: what the agent's loop reads from and writes to.

Composes the drivers and sends each thing to the one that knows its type. Used by one thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Address
from typing import Any, Protocol

from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.conntrack import ConntrackDriver
from cloudnet.agent.drivers.dnsmasq.dnsmasq import DnsmasqDriver
from cloudnet.agent.drivers.iptables.driver import IptablesDriver
from cloudnet.agent.drivers.links.addresses import AddressDriver
from cloudnet.agent.drivers.links.arp import ArpAnnouncer
from cloudnet.agent.drivers.links.bridges import BridgeDriver
from cloudnet.agent.drivers.links.netlink import LinkTable, Netlink
from cloudnet.agent.drivers.links.ports import PortDriver
from cloudnet.agent.drivers.links.vlans import VlanDriver
from cloudnet.agent.drivers.sysctls import ForwardingDriver
from cloudnet.agent.node.resources.actual import ActualState, Nic
from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.base import Resource, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.dnsmasq import Dnsmasq, Process
from cloudnet.agent.node.resources.forwarding import Forwarding
from cloudnet.agent.node.resources.iptables_table import Table
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.agent.node.resources.nat_mapping import NatMapping
from cloudnet.agent.node.resources.port import Port
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.common.errors import KernelRefused
from cloudnet.common.settings.views import AgentSettings


class Driver(Protocol):
    """What each driver can do with the things of its types.

    "There already" and "gone already" are success; whatever the kernel will not do is a
    KernelRefused that says in one line what, why and what to do.
    """

    def read(self, links: LinkTable) -> Iterable[Resource]:
        """Yield the things of its types that are there, ours only."""

    def ensure(self, want: Any) -> None:  # Any: the driver's own types; a dict picks the driver
        """Make the thing be there and right, whatever is half there."""

    def remove(self, actual: Any) -> None:  # Any: as above
        """Take the thing away, if it is ours."""


class LinuxKernel:
    """All drivers, by the types of what they make."""

    def __init__(
        self,
        settings: AgentSettings,
        follow: Callable[[frozenset[Process]], None] = lambda processes: None,
    ) -> None:
        """:param follow: told of the dnsmasq processes there are, each time they are looked at"""
        self._netlink = Netlink()
        self._conntrack = ConntrackDriver()
        self._announcer = ArpAnnouncer(settings.gratuitous_arps)
        self._addresses = AddressDriver(self._netlink, self._announcer)
        self._iptables = IptablesDriver()
        dhcp = DnsmasqDriver(settings.dhcp.networks_path, follow)
        self._drivers: Mapping[type[Resource], Driver] = {
            Forwarding: ForwardingDriver(),
            Bridge: BridgeDriver(self._netlink),
            Vlan: VlanDriver(self._netlink),
            Port: PortDriver(self._netlink),
            Address: self._addresses,
            PublicAddress: self._addresses,
            Dnsmasq: dhcp,
            Lease: dhcp,
            Table: self._iptables,
            NatMapping: self._conntrack,
        }

    def read(self) -> ActualState:
        """Return all that is ours on this node, and the links that are not."""
        with _refusing("reading links, rules and processes"):
            links = self._netlink.links()
            resources = [
                resource
                for driver in dict.fromkeys(self._drivers.values())
                for resource in driver.read(links)
            ]
            left_over = self._conntrack.left_over(_floating(resources))
            return ActualState(
                by_key(*left_over, *resources), {nic.name: nic for nic in self._nics(links)}
            )

    def ensure(self, desired: Resource, actual: Resource | None = None) -> None:
        """Create the resource, or change it to what is desired."""
        with _refusing(f"{desired}"):
            self._drivers[type(desired)].ensure(desired)

    def remove(self, resource: Resource) -> None:
        """Take the thing away; gone already is success."""
        if isinstance(resource, PublicAddress):
            # Whatever went before: nothing of a floating IP outlives its address. And first, since
            # an address that is gone would not be removed again, should this fail.
            self._conntrack.forget(resource)
        with _refusing(f"remove {resource}"):
            self._drivers[type(resource)].remove(resource)

    def has_drifted(self) -> bool:
        """Return whether something changed that the kernel sends no events for."""
        return self._iptables.has_drifted()

    def close(self) -> None:
        """Let go of the kernel; what stands stays."""
        self._announcer.close()
        self._conntrack.close()
        self._netlink.close()

    def _nics(self, links: LinkTable) -> Iterable[Nic]:
        """Yield the links that are not ours; floating IPs on them do not count as theirs."""
        addressed = self._addresses.of_others()
        for link in links.links:
            if link.network is None:
                yield Nic(
                    link.name,
                    link.mac,
                    link.mtu,
                    link.kind,
                    links.name(link.master),
                    link.index in addressed,
                )


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """Turn what the system will not do, and no driver has put into words, into a refusal.

    One full disk or one directory in a file's place must not end the round for everything else.
    """
    try:
        yield
    except NetlinkError as error:
        raise KernelRefused(f"{what}: {os.strerror(error.code)}; see `dmesg`") from error
    except OSError as error:
        raise KernelRefused(f"{what}: {error}; put that right on the host") from error


def _floating(resources: Iterable[Resource]) -> frozenset[IPv4Address]:
    """Return the floating IPs that are here, by their addresses or by their rules."""
    return frozenset(
        resource.address if isinstance(resource, PublicAddress) else resource.floating
        for resource in resources
        if isinstance(resource, PublicAddress | NatMapping)
    )
