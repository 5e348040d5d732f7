"""A DHCP lease."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from typing import ClassVar

from cloudnet.agent.node.resources.base import Management, Resource


@dataclass(frozen=True)
class Lease(Resource):
    """A lease that a dnsmasq of ours has given; desired as long as its guest is.

    dnsmasq creates it. The agent removes it by a DHCPRELEASE, so that the next guest with this
    address gets it at its first DISCOVER.
    """

    order: ClassVar[int] = 120
    management: ClassVar[Management] = Management.OBSERVED

    bridge: str
    address: IPv4Address
    mac: str

    @cached_property
    def key(self) -> str:
        return f"lease {self.address} of {self.mac} on {self.bridge}"

    @property
    def bridge_name(self) -> str:
        return self.bridge
