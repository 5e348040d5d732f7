"""The VLAN devices (802.1Q) of networks, in their bridges."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass

from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import Link, LinkTable
from cloudnet.agent.drivers.links.netlink import Netlink, refusing
from cloudnet.agent.node.resources.actual import ALIAS
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.common.errors import KernelRefused


@dataclass(frozen=True)
class VlanDriver(Driver[Vlan]):
    """Reads, creates, changes and removes :class:`Vlan`."""

    netlink: Netlink
    kinds = (Vlan,)

    def read(self, links: LinkTable) -> Iterator[Vlan]:
        """Yield our VLAN devices."""
        for link in links.links:
            if link.kind == "vlan" and link.network is not None:
                parent, bridge = links.get_name(link.parent), links.get_name(link.master)
                faults = [] if link.up else ["down"]
                if bridge is None:
                    faults.append("in no bridge")
                yield Vlan(
                    link.name,
                    link.network,
                    parent or "",
                    link.tag or 0,
                    link.mtu,
                    bridge or "",
                    tuple(faults),
                )

    def ensure(self, desired: Vlan, actual: Vlan | None) -> None:
        """Create the device, or change it in place; another tag or parent needs a new one.

        Such a one is tried before the old one is removed.
        """
        parent = self._require(desired, desired.parent, "set vlan_interface to one of them")
        bridge = self._require(desired, desired.bridge, "the agent creates it first")
        with refusing(f"{desired}", f"{parent.name} has MTU {parent.mtu}; see `ip -d link`"):
            link = self._create(desired, parent, bridge) if actual is None else None
            link = (
                link
                or self._adopt(desired, parent, bridge)
                or self._create(desired, parent, bridge)
            )
            if link is None:
                raise KernelRefused(
                    f"{desired}: another program removed it while it was created; see which by "
                    "`ip monitor link`"
                )
            changes = _changes(desired, link, bridge)
            if changes:
                self.netlink.change_link("set", index=link.index, **changes)
            if not link.up:
                self._bring_up(desired, link, parent)

    def remove(self, actual: Vlan) -> None:
        """Remove the device, if it is ours."""
        link = self.netlink.get_link(actual.name)
        if link is not None and link.kind == "vlan" and link.network is not None:
            with refusing(f"remove {actual.name}", "see `ip -d link` for what uses it"):
                self.netlink.change_link("del", index=link.index)

    def _require(self, desired: Vlan, name: str, remedy: str) -> Link:
        link = self.netlink.get_link(name)
        if link is None:
            raise KernelRefused(
                f"{desired.name} needs {name}, which does not exist; there are: "
                f"{self.netlink.format_nics()}; {remedy}"
            )
        return link

    def _create(self, desired: Vlan, parent: Link, bridge: Link) -> Link | None:
        """Create the device and return it; None: a link of this name exists."""
        try:
            self._add(desired, desired.name, parent, master=bridge.index)
        except NetlinkError as error:
            if error.code == errno.EOPNOTSUPP:
                raise KernelRefused(
                    f"{desired}: the kernel knows no 802.1Q; load it with `modprobe 8021q`"
                ) from error
            if error.code == errno.EEXIST:
                if self.netlink.get_link(desired.name) is not None:
                    return None
                if self._remove_trial(desired):
                    return self._create(desired, parent, bridge)
                self._refuse_other_name(desired, parent)
            raise
        return self.netlink.get_link(desired.name)

    def _try(self, desired: Vlan, parent: Link) -> None:
        """Create the device under another name, in no bridge, bring it up, and remove it.

        :raises KernelRefused: it cannot be created; the device of its name is not touched
        """
        self._remove_trial(desired)
        try:
            self._add(desired, _trial_name(desired), parent)
        except NetlinkError as error:
            if error.code == errno.EEXIST:
                self._refuse_other_name(desired, parent)
            raise
        try:
            link = self.netlink.get_link(_trial_name(desired))
            if link is not None:
                self._bring_up(desired, link, parent)
        finally:
            self._remove_trial(desired)

    def _remove_trial(self, desired: Vlan) -> bool:
        """Remove what a trial created; return whether there was any."""
        link = self.netlink.get_link(_trial_name(desired))
        if link is None or link.kind != "vlan" or link.network is not None:
            return False
        self.netlink.change_link("del", index=link.index)
        return True

    def _add(self, desired: Vlan, name: str, parent: Link, **more: int) -> None:
        self.netlink.change_link(
            "add",
            ifname=name,
            kind="vlan",
            link=parent.index,
            vlan_id=desired.tag,
            mtu=desired.mtu,
            **more,
        )

    def _adopt(self, desired: Vlan, parent: Link, bridge: Link) -> Link | None:
        """Return the device, if it exists and is or may become the network's.

        One of ours with another tag or parent is removed.

        :raises KernelRefused: it is the operator's
        """
        link = self.netlink.get_link(desired.name)
        if link is None:
            return None
        is_right = link.kind == "vlan" and link.parent == parent.index and link.tag == desired.tag
        if link.network is None:
            self._refuse_operators(desired, link, bridge, is_right=is_right)
        if is_right:
            return link
        self._try(desired, parent)
        self.netlink.change_link("del", index=link.index)
        return None

    def _refuse_operators(self, desired: Vlan, link: Link, bridge: Link, *, is_right: bool) -> None:
        """Refuse to adopt a device that the operator uses for something else."""
        if not is_right:
            raise KernelRefused(
                f"{desired.name} exists, is not cloudnet's and is not tag {desired.tag} on "
                f"{desired.parent}; remove it (ip link delete {desired.name}), or give the network "
                "another vlan"
            )
        if any(address.is_global for address in self.netlink.list_addresses(link.index)):
            raise KernelRefused(
                f"{desired.name} exists, is not cloudnet's and carries addresses; remove them "
                f"(ip address flush dev {desired.name}), or give the network another vlan"
            )
        if link.master not in {None, bridge.index}:
            raise KernelRefused(
                f"{desired.name} exists, is not cloudnet's and is in another bridge; take it "
                f"out (ip link set {desired.name} nomaster), or give the network another vlan"
            )

    def _refuse_other_name(self, desired: Vlan, parent: Link) -> None:
        """Refuse with the name of the device that has our tag, if there is one."""
        for link in self.netlink.read_links().links:
            if (link.kind, link.parent, link.tag) == ("vlan", parent.index, desired.tag):
                raise KernelRefused(
                    f"tag {desired.tag} on {desired.parent} exists as {link.name}, which is not "
                    f"cloudnet's; remove it (ip link delete {link.name}), or give the network "
                    "another vlan"
                )

    def _bring_up(self, desired: Vlan, link: Link, parent: Link) -> None:
        try:
            self.netlink.change_link("set", index=link.index, state="up")
        except NetlinkError as error:
            if error.code == errno.ENETDOWN:
                raise KernelRefused(
                    f"{desired.name} stays down because its NIC {parent.name} is; bring that up "
                    f"(ip link set {parent.name} up)"
                ) from error
            raise


def _trial_name(desired: Vlan) -> str:
    """Return the name of a device that only shows that the desired one can be created."""
    return f"cn-try-{desired.tag}"


def _changes(desired: Vlan, link: Link, bridge: Link) -> dict[str, object]:
    """Return the attributes, except up and down, in which the device differs."""
    changes: dict[str, object] = {}
    if link.network != desired.network:
        changes["ifalias"] = ALIAS + desired.network
    if link.mtu != desired.mtu:
        changes["mtu"] = desired.mtu
    if link.master != bridge.index:
        changes["master"] = bridge.index
    return changes
