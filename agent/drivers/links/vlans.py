"""802.1Q subinterfaces, in the bridges of their networks."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass

from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.links.netlink import Link, LinkTable, Netlink, refusing
from cloudnet.agent.node.resources.actual import ALIAS
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.common.errors import KernelRefused


@dataclass(frozen=True)
class VlanDriver:
    """Reads, makes and takes away :class:`Vlan`."""

    netlink: Netlink

    def read(self, links: LinkTable) -> Iterator[Vlan]:
        """Yield our subinterfaces; one that is down says so behind its parent's name."""
        for link in links.links:
            if link.kind == "vlan" and link.network is not None:
                parent = links.name(link.parent) or "nothing"
                yield Vlan(
                    link.name,
                    link.network,
                    parent if link.up else f"{parent} (down)",
                    link.tag or 0,
                    link.mtu,
                    links.name(link.master) or "no bridge",
                )

    def ensure(self, want: Vlan) -> None:
        """Make the subinterface, or make it right; only another tag or parent needs a new one."""
        parent = self._needed(want, want.parent, "set vlan_interface to one of them")
        bridge = self._needed(want, want.bridge, "it is made before")
        with refusing(f"{want}", f"{parent.name} has MTU {parent.mtu}; see `ip -d link`"):
            link = self._there(want, parent, bridge) or self._make(want, parent, bridge)
            wrong: dict[str, object] = {}
            if link.network != want.network:
                wrong["ifalias"] = ALIAS + want.network
            if link.mtu != want.mtu:
                wrong["mtu"] = want.mtu
            if link.master != bridge.index:
                wrong["master"] = bridge.index
            if wrong:
                self.netlink.change_link("set", index=link.index, **wrong)
            if not link.up:
                self._raise(want, link, parent)

    def remove(self, actual: Vlan) -> None:
        """Take the subinterface away, if it is ours."""
        link = self.netlink.link(actual.name)
        if link is not None and link.kind == "vlan" and link.network is not None:
            with refusing(f"remove {actual.name}", "see `ip -d link` for what holds it"):
                self.netlink.change_link("del", index=link.index)

    def _needed(self, want: Vlan, name: str, remedy: str) -> Link:
        link = self.netlink.link(name)
        if link is None:
            raise KernelRefused(
                f"{want.name} needs {name}, which is not there; there are: "
                f"{self.netlink.nics()}; {remedy}"
            )
        return link

    def _there(self, want: Vlan, parent: Link, bridge: Link) -> Link | None:
        """Return the subinterface as it is, if it is or may be ours and can be made right."""
        link = self.netlink.link(want.name)
        if link is None:
            return None
        if link.kind == "vlan" and link.parent == parent.index and link.tag == want.tag:
            if link.network is None and self._is_addressed(link):
                raise KernelRefused(
                    f"{want.name} is there, is not cloudnet's and carries addresses; take them off "
                    f"(ip address flush dev {want.name}), or give the network another vlan"
                )
            if link.network is None and link.master not in {None, bridge.index}:
                raise KernelRefused(
                    f"{want.name} is there, is not cloudnet's and is in another bridge; take it "
                    f"out (ip link set {want.name} nomaster), or give the network another vlan"
                )
            return link
        if link.network is None:
            raise KernelRefused(
                f"{want.name} is there, is not cloudnet's and is not tag {want.tag} on "
                f"{want.parent}; remove it (ip link delete {want.name}), or give the network "
                "another vlan"
            )
        self.netlink.change_link("del", index=link.index)
        return None

    def _is_addressed(self, link: Link) -> bool:
        return any(address.reaches_far for address in self.netlink.addresses(link.index))

    def _make(self, want: Vlan, parent: Link, bridge: Link) -> Link:
        try:
            self.netlink.change_link(
                "add",
                ifname=want.name,
                kind="vlan",
                link=parent.index,
                vlan_id=want.tag,
                mtu=want.mtu,
                master=bridge.index,
            )
        except NetlinkError as error:
            if error.code == errno.EOPNOTSUPP:
                raise KernelRefused(
                    f"{want}: the kernel knows no 802.1Q; load it with `modprobe 8021q`"
                ) from error
            # The same name, made at the same moment, is as good as our own.
            if error.code != errno.EEXIST or self.netlink.link(want.name) is None:
                self._name_the_other(want, parent)
                raise
        link = self._there(want, parent, bridge)
        if link is None:
            raise KernelRefused(f"{want.name} was made and is gone again; who removes it?")
        return link

    def _name_the_other(self, want: Vlan, parent: Link) -> None:
        """Name the subinterface that has our tag under another name, if there is one."""
        for link in self.netlink.links().links:
            if (link.kind, link.parent, link.tag) == ("vlan", parent.index, want.tag):
                raise KernelRefused(
                    f"tag {want.tag} on {want.parent} is there as {link.name}, which is not "
                    f"cloudnet's; remove it (ip link delete {link.name}), or give the network "
                    "another vlan"
                )

    def _raise(self, want: Vlan, link: Link, parent: Link) -> None:
        try:
            self.netlink.change_link("set", index=link.index, state="up")
        except NetlinkError as error:
            if error.code == errno.ENETDOWN:
                raise KernelRefused(
                    f"{want.name} stays down because its NIC {parent.name} is; bring that up "
                    f"(ip link set {parent.name} up)"
                ) from error
            raise
