"""Snapshots of any number of networks, guests and floating IPs, as a controller makes them."""

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

from cloudnet.common.wire.objects import (
    FixedRanges,
    FloatingIp,
    NetworkSnapshot,
    Topology,
    Vif,
)

HOST = "node1"
NETWORK_SIZE = 2048  # addresses
FIXED = IPv4Address("10.0.0.0")
FLOATING = IPv4Address("192.168.96.10")
FIRST_GUEST = 3  # from the network's first address on


@dataclass(frozen=True)
class Shape:
    """How much a node has: each network has the same number of guests and floating IPs."""

    networks: int
    guests: int  # of each network
    floating_ips: int = 0  # of each network, for its first guests

    @property
    def bridges(self) -> list[str]:
        return [f"br{100 + number}" for number in range(self.networks)]

    @property
    def uplinks(self) -> list[str]:
        """Return the names of the NICs below the networks, one for each."""
        return [f"up{number}" for number in range(self.networks)]

    def snapshots(self) -> list[NetworkSnapshot]:
        return [self.snapshot(number) for number in range(self.networks)]

    def snapshot(self, number: int) -> NetworkSnapshot:
        """Return one network in its first revision, with this host as its gateway."""
        first = FIXED + number * NETWORK_SIZE
        return NetworkSnapshot(
            network=f"00000000-0000-4000-8000-{number:012x}",
            host=HOST,
            revision=1,
            label=f"bench{number}",
            topology=Topology.FLATDHCP,
            bridge=self.bridges[number],
            vlan=None,
            bridge_interface=self.uplinks[number],
            mtu=None,
            cidr=IPv4Network((int(first), 21)),
            host_address=first + 1,
            gateway=first + 1,
            enable_dhcp=True,
            dhcp_start=first + FIRST_GUEST,
            dns=(),
            project=f"project{number}",
            vifs=tuple(make_guest(number, guest) for guest in range(self.guests)),
            floating_ips=tuple(
                make_floating_ip(number, number * self.floating_ips + each, each)
                for each in range(self.floating_ips)
            ),
        )

    def ranges(self) -> FixedRanges:
        """Return the ranges of all networks there are."""
        return FixedRanges(1, (IPv4Network("10.0.0.0/8"),))


def make_guest(network: int, number: int) -> Vif:
    """Return the interface of one guest of a network."""
    return Vif(
        f"fa:16:3e:{network:02x}:{number // 256:02x}:{number % 256:02x}",
        FIXED + network * NETWORK_SIZE + FIRST_GUEST + number,
        f"vm{network}-{number}",
        f"10000000-0000-4000-8000-{network:06x}{number:06x}",
    )


def make_floating_ip(network: int, number: int, guest: int) -> FloatingIp:
    """Return the floating IP of this number, for one guest of a network."""
    fixed = FIXED + network * NETWORK_SIZE + FIRST_GUEST + guest
    return FloatingIp(FLOATING + number, fixed, None)


def add_floating_ip(network: NetworkSnapshot) -> NetworkSnapshot:
    """Return network 0 with a floating IP for its last guest, at an address below all others."""
    added = make_floating_ip(0, -1, len(network.vifs) - 1)
    return replace(network, floating_ips=(added, *network.floating_ips))


def list_taps(shape: Shape) -> list[tuple[str, str]]:
    """Return the devices of all guests, each with its bridge."""
    return [
        (f"tap{number * shape.guests + guest}", bridge)
        for number, bridge in enumerate(shape.bridges)
        for guest in range(shape.guests)
    ]


def list_leases(shape: Shape, number: int, expiry: int) -> list[str]:
    """Return the lines of one network's lease file once all guests have their addresses."""
    return [
        f"{expiry} {vif.mac} {vif.address} {vif.hostname} 01:{vif.mac}"
        for vif in shape.snapshot(number).vifs
    ]
