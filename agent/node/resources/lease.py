"""A DHCP lease."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import ClassVar

from cloudnet.agent.node.resources.base import Management, Resource


@dataclass(frozen=True)
class Lease(Resource):
    """A lease that a dnsmasq of ours has given; wanted as long as its guest is.

    Never made, only taken away: by a forced DHCPRELEASE, so that the next guest with this address
    gets it at its first DISCOVER.
    """

    order: ClassVar[int] = 120
    management: ClassVar[Management] = Management.OBSERVED

    bridge: str
    address: IPv4Address
    mac: str

    @property
    def key(self) -> str:
        return f"lease {self.address} of {self.mac} on {self.bridge}"

    @property
    def bridge_name(self) -> str:
        return self.bridge

    def __str__(self) -> str:
        return self.key
