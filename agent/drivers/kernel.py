"""The host as the reconcile loop sees it: all drivers as one. Used by one thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from cloudnet.agent.drivers.conntrack import ConntrackDriver
from cloudnet.agent.drivers.dnsmasq.dhcp_watch import DhcpWatch
from cloudnet.agent.drivers.dnsmasq.dnsmasq import DnsmasqDriver
from cloudnet.agent.drivers.dnsmasq.forwarded_domains import ForwardedDomainsDriver
from cloudnet.agent.drivers.dnsmasq.lease_guard import LeaseGuard
from cloudnet.agent.drivers.dnsmasq.leases import LeaseDriver
from cloudnet.agent.drivers.dnsmasq.name_server import NameServerDriver
from cloudnet.agent.drivers.dnsmasq.network_names import NetworkNamesDriver
from cloudnet.agent.drivers.dnsmasq.open_leases import OpenLeases
from cloudnet.agent.drivers.dnsmasq.process_table import ProcessTable
from cloudnet.agent.drivers.dnsmasq.processes import Process
from cloudnet.agent.drivers.driver import Driver, refusing_system_errors
from cloudnet.agent.drivers.iptables.driver import IptablesDriver
from cloudnet.agent.drivers.links.addresses import AddressDriver
from cloudnet.agent.drivers.links.arp import ArpAnnouncer
from cloudnet.agent.drivers.links.bridges import BridgeDriver
from cloudnet.agent.drivers.links.host_links import list_host_ranges, list_nics
from cloudnet.agent.drivers.links.link_sysctls import LinkSysctlDriver
from cloudnet.agent.drivers.links.netlink import Netlink
from cloudnet.agent.drivers.links.places import Announcements
from cloudnet.agent.drivers.links.ports import PortDriver
from cloudnet.agent.drivers.links.vlans import VlanDriver
from cloudnet.agent.drivers.sysctls import ForwardingDriver
from cloudnet.agent.node.resources.actual import ActualState
from cloudnet.agent.node.resources.base import Resource, by_key
from cloudnet.common.errors import KernelRefused
from cloudnet.common.settings.views import AgentSettings


class LinuxKernel:
    """Reads the host through all drivers, and applies a step through the driver of its kind."""

    def __init__(
        self,
        settings: AgentSettings,
        follow: Callable[[Iterable[Process]], None] = lambda processes: None,
    ) -> None:
        """:param follow: called with the dnsmasq processes whose ends matter"""
        self._netlink = Netlink()
        self._announcer = ArpAnnouncer(settings.gratuitous_arps)
        self._announcements = Announcements(self._netlink, self._announcer)
        conntrack = ConntrackDriver()
        dnsmasqs = ProcessTable(settings.dhcp.networks_path, follow)
        open_leases = OpenLeases()
        leases = LeaseDriver(settings.dhcp.networks_path, dnsmasqs, open_leases)
        # Any: a driver is given only resources of its own kinds.
        self._drivers: tuple[Driver[Any], ...] = (
            ForwardingDriver(),
            BridgeDriver(self._netlink),
            VlanDriver(self._netlink),
            LinkSysctlDriver(),
            PortDriver(self._netlink),
            AddressDriver(self._netlink, conntrack.remove_connections, self._announcements.forget),
            DnsmasqDriver(
                settings.dhcp.networks_path,
                dnsmasqs,
                open_leases,
                guard=LeaseGuard(DhcpWatch()),
                release=leases.release_unseen if settings.dhcp.force_release else None,
            ),
            leases,
            NameServerDriver(settings.dhcp.networks_path, follow),
            ForwardedDomainsDriver(settings.dhcp.networks_path, dnsmasqs),
            NetworkNamesDriver(settings.dhcp.networks_path, dnsmasqs),
            IptablesDriver(),
            conntrack,
        )
        self._by_kind: Mapping[type[Resource], Driver[Any]] = {
            kind: driver for driver in self._drivers for kind in driver.kinds
        }

    def read(self) -> ActualState:
        """Return all resources of ours on this host, and the links that are not ours."""
        with refusing_system_errors("read links, rules and processes"):
            links = self._netlink.read_links()
            self._announcements.observe(links)
            found = [each for driver in self._drivers for each in driver.read(links)]
            remains = [each for driver in self._drivers for each in driver.read_remains(found)]
            return ActualState(
                by_key(*remains, *found), list_nics(links), tuple(list_host_ranges(links))
            )

    def ensure(self, desired: Resource, actual: Resource | None = None) -> None:
        """Create the resource, or change it to what is desired."""
        for error in self.ensure_each([(desired, actual)]):
            if error is not None:
                raise error

    def ensure_each(
        self, changes: Sequence[tuple[Resource, Resource | None]]
    ) -> Iterator[Exception | None]:
        """Create or change resources of one kind; yield the error of each, or None."""
        yield from self._by_kind[type(changes[0][0])].ensure_each(changes)
        self._announcements.check({name for each, _ in changes for name in each.carriers})

    def remove(self, resource: Resource) -> None:
        """Remove the resource; gone already is success."""
        with refusing_system_errors(f"remove {resource}"):
            self._by_kind[type(resource)].remove(resource)

    def has_drifted(self) -> bool:
        """Return whether something changed that the kernel sends no events for."""
        try:
            return any(driver.has_drifted() for driver in self._drivers)
        except (OSError, KernelRefused):
            return True  # the next read reports what is wrong

    def close(self) -> None:
        """Close all sockets and files; the host keeps its resources."""
        self._announcer.close()
        for driver in self._drivers:
            driver.close()
        self._netlink.close()
