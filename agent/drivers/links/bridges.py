"""The bridges of networks: no spanning tree, no forward delay, a MAC and an MTU that stay.

A bridge of the right name and nobody's is ours half made, or nova-network's: it is completed. One
that carries anything of the operator's is left to the operator.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.links.netlink import Link, LinkTable, Netlink, refusing
from cloudnet.agent.drivers.links.ports import mark_of
from cloudnet.agent.node.resources.actual import ALIAS
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.common.errors import KernelRefused

GUEST_KINDS = frozenset({"tun", "veth", "macvtap"})  # what hypervisors and containers plug in


@dataclass(frozen=True)
class BridgeDriver:
    """Reads, makes and takes away :class:`Bridge`."""

    netlink: Netlink

    def read(self, links: LinkTable) -> Iterator[Bridge]:
        """Yield our bridges.

        What :class:`Bridge` has no word for (it is down, it runs spanning tree) is told behind
        its MAC, so that such a bridge equals no wanted one and is made right.
        """
        for link in links.links:
            if link.kind == "bridge" and link.network is not None:
                flaws = ", ".join(_flaws(link))
                yield Bridge(
                    link.name,
                    link.network,
                    f"{link.mac} ({flaws})" if flaws else link.mac,
                    link.mtu,
                    guests=tuple(sorted(port.name for port in _foreign(link, links))),
                )

    def ensure(self, want: Bridge) -> None:
        """Make the bridge, or make it right without taking it from its guests."""
        with refusing(f"{want}", "see `ip -d link` for what is there"):
            link = self._there(want) or self._make(want)
            wrong: dict[str, object] = {}
            if link.network != want.network:
                wrong["ifalias"] = ALIAS + want.network
            if link.mac != want.mac:
                wrong["address"] = want.mac
            if link.mtu != want.mtu:
                wrong["mtu"] = want.mtu
            if link.spanning_tree:
                # By itself and first: while it runs, the kernel takes no forward delay of zero.
                self.netlink.change_link("set", index=link.index, kind="bridge", br_stp_state=0)
            if link.forward_delay:
                wrong |= {"kind": "bridge", "br_forward_delay": 0}
            if not link.up:
                wrong["state"] = "up"
            if wrong:
                self.netlink.change_link("set", index=link.index, **wrong)
        _refuse_router_advertisements(want.name)

    def remove(self, actual: Bridge) -> None:
        """Take the bridge away, if it is ours and nobody is in it."""
        link = self.netlink.link(actual.name)
        if link is None or link.network is None:
            return
        if guests := _foreign(link, self.netlink.links()):
            # Planned from a reading in which it was empty: a guest came in between.
            raise KernelRefused(f"{actual.name} still has {_names(guests)}; it goes when they have")
        with refusing(f"remove {actual.name}", "see `ip -d link` for what holds it"):
            self.netlink.change_link("del", index=link.index)

    def _there(self, want: Bridge) -> Link | None:
        """Return the bridge as it is, if it may be ours."""
        link = self.netlink.link(want.name)
        if link is None or link.network == want.network:
            return link
        if link.kind != "bridge":
            raise KernelRefused(
                f"{want.name} is there and is no bridge but {link.kind or 'a NIC'}; rename it "
                f"(ip link set {want.name} name …), or give the network another bridge"
            )
        links = self.netlink.links()
        if link.network is not None:
            if guests := _foreign(link, links):
                raise KernelRefused(
                    f"bridge {want.name} still has {_names(guests)} of network {link.network}; "
                    f"it can serve network {want.network} when they have gone"
                )
            return link
        foreign = [port for port in _foreign(link, links) if port.kind not in GUEST_KINDS]
        if foreign:
            raise KernelRefused(
                f"bridge {want.name} is there, is not cloudnet's and holds {_names(foreign)}; take "
                f"them out (ip link set {foreign[0].name} nomaster), or give the network another "
                "bridge"
            )
        return link

    def _make(self, want: Bridge) -> Link:
        try:
            self.netlink.change_link(
                "add",
                ifname=want.name,
                kind="bridge",
                address=want.mac,
                # A bridge takes on the least MTU of its ports until somebody *changes* its MTU;
                # being told it at birth does not count (br_mtu_auto_adjust). So it is born with
                # another one, and ensure() changes it.
                mtu=want.mtu - 1,
                br_stp_state=0,
                br_forward_delay=0,
            )
        except NetlinkError as error:
            if error.code != errno.EEXIST:
                raise
        link = self._there(want)
        if link is None:
            raise KernelRefused(f"{want.name} was made and is gone again; who removes it?")
        return link


def _foreign(bridge: Link, links: LinkTable) -> list[Link]:
    """Return the ports that we did not put into the bridge."""
    return [
        port
        for port in links.ports.get(bridge.index, ())
        # An unnamed vlan is one of ours, half made; VlanDriver looks closer.
        if port.network is None and port.kind != "vlan" and mark_of(port) != bridge.name
    ]


def _names(links: list[Link]) -> str:
    return ", ".join(sorted(link.name for link in links))


def _flaws(link: Link) -> Iterator[str]:
    if not link.up:
        yield "down"
    if link.spanning_tree:
        yield "spanning tree"
    if link.forward_delay:
        yield "forward delay"
    if _takes_router_advertisements(link.name):
        yield "accept_ra"


# A guest that sends router advertisements must not give the host an address or a route.


def _accept_ra(bridge: str) -> Path:
    return Path("/proc/sys/net/ipv6/conf", bridge, "accept_ra")


def _takes_router_advertisements(bridge: str) -> bool:
    try:
        return _accept_ra(bridge).read_text().strip() != "0"
    except FileNotFoundError:  # no IPv6 on this host, or the bridge is just gone
        return False


def _refuse_router_advertisements(bridge: str) -> None:
    if _takes_router_advertisements(bridge):
        _accept_ra(bridge).write_text("0")
