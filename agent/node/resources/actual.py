"""What a host has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network

from cloudnet.agent.node.resources.base import Resources

ALIAS = "cloudnet:"  # ifalias of a link of ours, before the network's uuid
LABEL = ":cn"  # end of the label of an address of ours


@dataclass(frozen=True)
class Nic:
    """A link that is not ours, with the properties that rendering needs."""

    name: str
    mac: str
    mtu: int
    kind: str | None = None  # as in `ip -d link`; None: hardware
    master: str | None = None  # the bridge or bond that it is a port of
    ports: tuple[str, ...] = ()  # of a bridge: those that are neither cloudnet's nor a guest's
    # Of a bridge: what the host uses it for, besides IPv4: its IPv6 addresses, links on top of it.
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostRange:
    """A range that the host reaches by a link without a gateway, and not because of cloudnet."""

    device: str
    network: IPv4Network
    address: IPv4Address | None  # the host's own in the range; None: a route without an address
    bridge: str | None = None  # that the device is a port of
    label: str | None = None  # in place of all these, in a fault

    @property
    def devices(self) -> tuple[str, ...]:
        """The names under which packets for the address come in."""
        return (self.device,) if self.bridge is None else (self.device, self.bridge)

    def __str__(self) -> str:
        if self.label is not None:
            return self.label
        if self.address is None:
            return f"the route to {self.network} on {self.device}"
        return f"the address {self.address}/{self.network.prefixlen} on {self.device}"


@dataclass(frozen=True)
class ActualState:
    """What a host has: the resources of ours, and the links and addresses of others."""

    resources: Resources
    nics: Mapping[str, Nic]  # by name; links that are not ours
    host_ranges: tuple[HostRange, ...] = ()

    @cached_property
    def range_bounds(self) -> tuple[tuple[int, int, HostRange], ...]:
        """The first and the last address of each range, with the range."""
        return tuple(
            (int(each.network[0]), int(each.network[-1]), each) for each in self.host_ranges
        )
