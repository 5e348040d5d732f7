"""The operator's NICs that carry flat networks, as ports of their bridges.

A NIC keeps its name and alias. An agent with no memory knows which NICs cloudnet has put into a
bridge by an alternative name of theirs, ``cloudnet-<bridge>`` (`altname` in `ip link`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import Link, LinkTable
from cloudnet.agent.drivers.links.netlink import Netlink, refusing
from cloudnet.agent.node.resources.port import Port
from cloudnet.common.errors import KernelRefused

MARK = "cloudnet-"


@dataclass(frozen=True)
class PortDriver(Driver[Port]):
    """Reads, connects and disconnects :class:`Port`."""

    netlink: Netlink
    kinds = (Port,)

    def read(self, links: LinkTable) -> Iterator[Port]:
        """Yield the NICs with our mark, each with the bridge that it is in, marked or not."""
        for link in links.links:
            if bridge_of(link) is not None:
                bridge = links.get_name(link.master)
                faults = [] if link.up else ["down"]
                if bridge is None:
                    faults.append("in no bridge")
                yield Port(link.name, bridge or "", tuple(faults))

    def ensure(self, desired: Port, actual: Port | None) -> None:
        """Put the NIC into the bridge and bring it up."""
        nic = self._require(desired.device, "set flat_interface to one of them")
        bridge = self._require(desired.bridge, "the agent creates it first")
        self._refuse_used(desired, nic, bridge)
        with refusing(f"{desired}", "see `ip -d link`"):
            if bridge_of(nic) != desired.bridge:
                # Mark it first: a NIC in the bridge without a mark counts as a guest.
                self._unmark(nic)
                self.netlink.change_link(
                    "property_add", index=nic.index, altname=MARK + desired.bridge
                )
            if nic.master != bridge.index:
                self.netlink.change_link("set", index=nic.index, master=bridge.index)
            if not nic.up:
                self.netlink.change_link("set", index=nic.index, state="up")

    def remove(self, actual: Port) -> None:
        """Take the NIC out of our bridge and remove the mark."""
        nic = self.netlink.get_link(actual.device)
        if nic is None or (marked := bridge_of(nic)) is None:
            return
        bridge = self.netlink.get_link(marked)
        with refusing(f"remove {actual}", "see `ip -d link`"):
            if bridge is not None and nic.master == bridge.index:
                self.netlink.change_link("set", index=nic.index, master=0)
            self._unmark(nic)

    def _require(self, name: str, remedy: str) -> Link:
        link = self.netlink.get_link(name)
        if link is None:
            raise KernelRefused(
                f"there is no NIC {name}; there are: {self.netlink.format_nics()}; {remedy}"
            )
        return link

    def _refuse_used(self, desired: Port, nic: Link, bridge: Link) -> None:
        """Refuse a NIC that carries the host's own traffic or is in another bridge."""
        if nic.master == bridge.index:
            return
        if nic.master is not None:
            raise KernelRefused(
                f"{nic.name} is in another bridge or bond already; take it out (ip link set "
                f"{nic.name} nomaster), or set flat_interface to another NIC"
            )
        own = [str(each) for each in self.netlink.list_addresses(nic.index) if each.is_global]
        # A host may have its address on the loopback device, and only routes on its NICs.
        own = own or [f"the route to {each}" for each in self.netlink.list_ways(nic.index)]
        if own:
            raise KernelRefused(
                f"{nic.name} carries {', '.join(own)}, which would be cut off in bridge "
                f"{desired.bridge}; move them elsewhere, or set flat_interface to another NIC"
            )

    def _unmark(self, nic: Link) -> None:
        for name in nic.names:
            if name.startswith(MARK):
                self.netlink.change_link("property_del", index=nic.index, altname=name)


def bridge_of(link: Link) -> str | None:
    """Return the bridge that a link is marked for; None: cloudnet put it into none."""
    for name in link.names:
        if name.startswith(MARK):
            return name.removeprefix(MARK)
    return None
