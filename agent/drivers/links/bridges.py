"""The bridges of networks: no spanning tree, no forward delay, a MAC and an MTU that stay.

A bridge that has the right name and no network is ours, half created, or nova-network's: the agent
adopts it. A bridge that carries a port of the operator's is left to the operator.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.host_links import GUEST_KINDS, foreign_ports
from cloudnet.agent.drivers.links.link_table import Link, LinkTable
from cloudnet.agent.drivers.links.netlink import Netlink, refusing
from cloudnet.agent.node.resources.actual import ALIAS
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.common.errors import KernelRefused


@dataclass(frozen=True)
class BridgeDriver(Driver[Bridge]):
    """Reads, creates, changes and removes :class:`Bridge`."""

    netlink: Netlink
    kinds = (Bridge,)

    def read(self, links: LinkTable) -> Iterator[Bridge]:
        """Yield our bridges, with the foreign ports of each."""
        for link in links.links:
            if link.kind == "bridge" and link.network is not None:
                ports = links.ports.get(link.index, [])
                yield Bridge(
                    link.name,
                    link.network,
                    link.mac,
                    link.mtu,
                    faults=tuple(_faults(link)),
                    guests=tuple(sorted(port.name for port in foreign_ports(link, ports))),
                )

    def ensure(self, desired: Bridge, actual: Bridge | None) -> None:
        """Create the bridge, or change it in place: its guests stay connected."""
        with refusing(f"{desired}", "see `ip -d link` for what is there"):
            link = self._create(desired) if actual is None else None
            link = link or self._adopt(desired) or self._create(desired)
            if link is None:
                raise KernelRefused(
                    f"{desired}: another program removed it while it was created; see which by "
                    "`ip monitor link`"
                )
            if link.spanning_tree:
                # In a request of its own: with spanning tree, the kernel refuses a forward delay
                # of zero.
                self.netlink.change_link("set", index=link.index, kind="bridge", br_stp_state=0)
            changes = _changes(desired, link)
            if changes:
                self.netlink.change_link("set", index=link.index, **changes)

    def remove(self, actual: Bridge) -> None:
        """Remove the bridge, if it is ours and has no guest."""
        link = self.netlink.get_link(actual.name)
        if link is None or link.network is None:
            return
        if guests := foreign_ports(link, self.netlink.list_ports(link.index)):
            # A guest was plugged in since the host was read.
            raise KernelRefused(
                f"{actual.name} still has {_names(guests)}; it is removed when they are gone"
            )
        with refusing(f"remove {actual.name}", "see `ip -d link` for what uses it"):
            self.netlink.change_link("del", index=link.index)

    def _create(self, desired: Bridge) -> Link | None:
        """Create the bridge and return it; None: a link of this name exists."""
        try:
            self.netlink.change_link(
                "add",
                ifname=desired.name,
                kind="bridge",
                address=desired.mac,
                # A bridge adopts the smallest MTU of its ports until its MTU is *changed*
                # (br_mtu_auto_adjust); the MTU that it is created with does not count. So it is
                # created with another one, which ensure() changes.
                mtu=desired.mtu - 1,
                br_stp_state=0,
                br_forward_delay=0,
            )
        except NetlinkError as error:
            if error.code == errno.EEXIST:
                return None
            raise
        return self.netlink.get_link(desired.name)

    def _adopt(self, desired: Bridge) -> Link | None:
        """Return the bridge, if it exists and is or may become the network's.

        :raises KernelRefused: it is somebody else's
        """
        link = self.netlink.get_link(desired.name)
        if link is None or link.network == desired.network:
            return link
        if link.kind != "bridge":
            raise KernelRefused(
                f"{desired.name} exists and is no bridge but {link.kind or 'a NIC'}; rename it "
                f"(ip link set {desired.name} name …), or give the network another bridge"
            )
        foreign = foreign_ports(link, self.netlink.list_ports(link.index))
        if link.network is not None and foreign:
            raise KernelRefused(
                f"bridge {desired.name} still has {_names(foreign)} of network {link.network}; "
                f"it can serve network {desired.network} when they are gone"
            )
        unknown = [port for port in foreign if port.kind not in GUEST_KINDS]
        if unknown:
            raise KernelRefused(
                f"bridge {desired.name} exists, is not cloudnet's and has {_names(unknown)}; take "
                f"them out (ip link set {unknown[0].name} nomaster), or give the network another "
                "bridge"
            )
        return link


def _changes(desired: Bridge, link: Link) -> dict[str, object]:
    """Return the attributes in which the bridge differs from what is desired."""
    changes: dict[str, object] = {}
    if link.network != desired.network:
        changes["ifalias"] = ALIAS + desired.network
    if link.mac != desired.mac:
        changes["address"] = desired.mac
    if link.mtu != desired.mtu:
        changes["mtu"] = desired.mtu
    if link.forward_delay:
        changes |= {"kind": "bridge", "br_forward_delay": 0}
    if not link.up:
        changes["state"] = "up"
    return changes


def _names(links: Iterable[Link]) -> str:
    return ", ".join(sorted(link.name for link in links))


def _faults(link: Link) -> Iterator[str]:
    if not link.up:
        yield "down"
    if link.spanning_tree:
        yield "spanning tree"
    if link.forward_delay:
        yield "forward delay"
