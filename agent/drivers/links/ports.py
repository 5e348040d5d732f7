"""NICs of the operator's that carry a flat network, as ports of its bridge.

A NIC keeps its owner's name and alias. So that an agent with no memory knows which NICs cloudnet
has put into a bridge, such a NIC also answers to ``cloudnet-<bridge>`` (`altname` in `ip link`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cloudnet.agent.drivers.links.netlink import Link, LinkTable, Netlink, refusing
from cloudnet.agent.node.resources.port import Port
from cloudnet.common.errors import KernelRefused

MARK = "cloudnet-"


@dataclass(frozen=True)
class PortDriver:
    """Reads, makes and takes away :class:`Port`."""

    netlink: Netlink

    def read(self, links: LinkTable) -> Iterator[Port]:
        """Yield the NICs with our mark, with the bridge that each is really in."""
        for link in links.links:
            if mark_of(link) is not None:
                bridge = links.name(link.master) or "no bridge"
                yield Port(link.name, bridge if link.up else f"{bridge} (down)")

    def ensure(self, want: Port) -> None:
        """Put the NIC into the bridge and bring it up."""
        nic = self._needed(want.device, "set flat_interface to one of them")
        bridge = self._needed(want.bridge, "it is made before")
        self._refuse_the_used(want, nic, bridge)
        with refusing(f"{want}", "see `ip -d link`"):
            if mark_of(nic) != want.bridge:
                # The mark goes on first: a NIC in the bridge without it would pass for a guest.
                self._unmark(nic)
                self.netlink.change_link(
                    "property_add", index=nic.index, altname=MARK + want.bridge
                )
            if nic.master != bridge.index:
                self.netlink.change_link("set", index=nic.index, master=bridge.index)
            if not nic.up:
                self.netlink.change_link("set", index=nic.index, state="up")

    def remove(self, actual: Port) -> None:
        """Give the NIC back as it came: in no bridge and without the mark."""
        nic = self.netlink.link(actual.device)
        if nic is None or (mark := mark_of(nic)) is None:
            return
        bridge = self.netlink.link(mark)
        with refusing(f"remove {actual}", "see `ip -d link`"):
            if bridge is not None and nic.master == bridge.index:
                self.netlink.change_link("set", index=nic.index, master=0)
            self._unmark(nic)

    def _needed(self, name: str, remedy: str) -> Link:
        link = self.netlink.link(name)
        if link is None:
            raise KernelRefused(
                f"there is no NIC {name}; there are: {self.netlink.nics()}; {remedy}"
            )
        return link

    def _refuse_the_used(self, want: Port, nic: Link, bridge: Link) -> None:
        """Refuse what would cut off the host or somebody else's bridge."""
        if nic.master == bridge.index:
            return
        if nic.master is not None:
            raise KernelRefused(
                f"{nic.name} is in another bridge or bond already; take it out (ip link set "
                f"{nic.name} nomaster), or set flat_interface to another NIC"
            )
        own = [str(address) for address in self.netlink.addresses(nic.index) if address.reaches_far]
        if own:
            raise KernelRefused(
                f"{nic.name} carries {', '.join(own)}, which would be cut off in bridge "
                f"{want.bridge}; move them elsewhere, or set flat_interface to another NIC"
            )

    def _unmark(self, nic: Link) -> None:
        for name in nic.names:
            if name.startswith(MARK):
                self.netlink.change_link("property_del", index=nic.index, altname=name)


def mark_of(link: Link) -> str | None:
    """Return the bridge that we have put the link into; None: we have not."""
    for name in link.names:
        if name.startswith(MARK):
            return name.removeprefix(MARK)
    return None
