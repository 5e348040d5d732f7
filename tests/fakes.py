"""Fakes that are small, honest and shared: they refuse what the real thing refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cloudnet.agent.state import (
    Address,
    Bridge,
    Dhcp,
    Found,
    HandedOut,
    Item,
    Nic,
    Port,
    PublicAddress,
    Table,
    Translation,
    Vlan,
)
from cloudnet.common.errors import KernelRefused

ETH0 = Nic("eth0", "02:00:00:00:01:00", 1500, addressed=True)
ETH1 = Nic("eth1", "02:00:00:00:01:01", 1500, addressed=True)


class FakeKernel:
    """A node that prints itself.

    It knows what leans on what, as a kernel does: no VLAN without its parent, nothing in a bridge
    that is not there, no address on a link that is not there, no dnsmasq without an address, and
    with a bridge go its addresses. ``refuse`` names things that it will not make or take away.
    """

    def __init__(self, *nics: Nic) -> None:
        self.nics = {nic.name: nic for nic in (nics or (ETH0, ETH1))}
        self.items: dict[str, Item] = {}
        self.guests: dict[str, tuple[str, ...]] = {}  # bridge -> taps in it
        self.refuse: dict[str, str] = {}  # key -> why
        self.unreadable: str | None = None  # why nothing can be read; None: it can
        self.told: list[str] = []  # every step, as it came
        self.looks = 0  # how often it was read

    def read(self) -> Found:
        self.looks += 1
        if self.unreadable is not None:
            raise KernelRefused(self.unreadable)
        return Found(dict(self._as_found()), self.nics)

    def ensure(self, item: Item) -> None:
        self._obey("ensure", item)
        match item:
            case Bridge():
                self.items[item.key] = replace(item, guests=())
                return
            case Vlan() | Port():
                parent = item.parent if isinstance(item, Vlan) else item.device
                self._must(parent in self.nics, f"no NIC {parent}")
                self._must(f"bridge {item.bridge}" in self.items, f"no bridge {item.bridge}")
            case Address():
                self._must(f"bridge {item.device}" in self.items, f"no device {item.device}")
            case Dhcp():
                self._must(self._addressed(item.bridge), f"{item.bridge} has no address")
            case PublicAddress():
                self._must(item.device in self.nics, f"no NIC {item.device}")
            case HandedOut() | Translation():
                raise AssertionError(f"{item} cannot be made by hand")
        self.items[item.key] = item

    def remove(self, item: Item) -> None:
        self._obey("remove", item)
        if isinstance(item, Bridge):
            self._must(not self.guests.get(item.name), f"guests in {item.name}")
            for key in [k for k, i in self.items.items() if _leans_on(i, item.name)]:
                del self.items[key]
        self.items.pop(item.key, None)

    def hand_out(self, lease: HandedOut) -> None:
        """Do as a guest that asks for its address."""
        dhcp = self.items[f"dhcp {lease.bridge}"]
        assert isinstance(dhcp, Dhcp)
        assert any(line.startswith(f"{lease.mac},") for line in dhcp.hosts), "not a known host"
        self.items[lease.key] = lease

    def __str__(self) -> str:
        return "\n".join(sorted(str(item) for item in self.read().items.values()))

    def _as_found(self) -> Mapping[str, Item]:
        found: dict[str, Item] = {}
        for key, item in self.items.items():
            if isinstance(item, Bridge):
                found[key] = replace(item, guests=self.guests.get(item.name, ()))
            elif isinstance(item, Table):
                bare = tuple(replace(chain, rules=()) for chain in item.chains)
                found[key] = Table(item.name, bare)
                found |= _translations(item)
            else:
                found[key] = item
        return found

    def _addressed(self, device: str) -> bool:
        return any(isinstance(i, Address) and i.device == device for i in self.items.values())

    def _obey(self, verb: str, item: Item) -> None:
        self.told.append(f"{verb} {item}")
        if item.key in self.refuse:
            raise KernelRefused(self.refuse[item.key])

    @staticmethod
    def _must(true: bool, otherwise: str) -> None:
        if not true:
            raise KernelRefused(otherwise)


def _leans_on(item: Item, bridge: str) -> bool:
    return isinstance(item, Address) and item.device == bridge


def _translations(table: Table) -> dict[str, Item]:
    notes = (rule.note for chain in table.chains for rule in chain.rules)
    return {item.key: item for item in map(Translation.noted, notes) if item is not None}
