"""What travels between controller and agent: frozen values, addresses as addresses.

A snapshot is the whole desired state of one network on one host, never a change to it. It carries
a revision that only grows, so a duplicate or an older one can be dropped without further thought.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network


class Topology(StrEnum):
    """How a network reaches a node, in nova-network's words."""

    FLAT = "flat"  # a bridge of the operator's; addresses are only recorded
    FLATDHCP = "flatdhcp"  # a bridge of ours, over a NIC or over nothing
    VLAN = "vlan"  # a bridge of ours over an 802.1Q subinterface


@dataclass(frozen=True)
class Vif:
    """One guest's virtual interface on this network, as the host that serves its DHCP needs it."""

    mac: str  # lower case, colons
    address: IPv4Address
    hostname: str  # one DNS label, already cleaned
    instance: str  # uuid


@dataclass(frozen=True)
class FloatingIp:
    """A public address that belongs to one fixed IP of this network."""

    address: IPv4Address
    fixed: IPv4Address
    interface: str | None  # None: the node's public_interface


@dataclass(frozen=True)
class NetworkSnapshot:
    """All that one host must have for one network.

    A host without ``host_address`` only bridges (layer 2); with it, the host is the network's
    gateway and serves DHCP and NAT for the listed guests.
    """

    network: str  # uuid
    host: str
    revision: int
    label: str
    topology: Topology
    bridge: str
    vlan: int | None  # None: not a VLAN network
    bridge_interface: str | None  # the default parent NIC; the node's own option goes first
    mtu: int | None  # bytes; None: the parent NIC's
    cidr: IPv4Network
    host_address: IPv4Address | None  # this host's address on the bridge; None: layer 2 only
    gateway: IPv4Address | None  # the guests' default route; None: they get none
    enable_dhcp: bool
    dhcp_start: IPv4Address  # first address of the DHCP range
    dns: tuple[IPv4Address, ...]
    project: str | None  # None: shared by all projects
    vifs: tuple[Vif, ...] = ()  # in the order of their addresses
    floating_ips: tuple[FloatingIp, ...] = ()  # in the order of their addresses


@dataclass(frozen=True)
class NetworkGone:
    """Nothing of this network may be left on this host."""

    network: str  # uuid
    host: str
    revision: int


Snapshot = NetworkSnapshot | NetworkGone


@dataclass(frozen=True)
class FixedRanges:
    """The ranges of all networks there are: what keeps projects apart at layer 3.

    No guest's packet may go to one of these addresses outside its own network, unless through a
    floating IP. Ranges are collapsed, so that thousands of networks stay a few lines.
    """

    revision: int
    ranges: tuple[IPv4Network, ...]


@dataclass(frozen=True)
class ReportedLease:
    """An address that a host's DHCP server has handed out."""

    network: str  # uuid
    address: IPv4Address
    mac: str


OUT_OF_SYNC = 0  # below every revision there is: something stands, but not as any revision says


@dataclass(frozen=True)
class Applied:
    """The revision of a network that stands in a host's kernel.

    A host speaks of every network of which it was told or has anything, with ``OUT_OF_SYNC`` as
    long as it is not through; of a network it does not speak of, it has nothing.
    """

    network: str  # uuid
    revision: int


@dataclass(frozen=True)
class Fault:
    """What a host could not do, in one line an operator can act on."""

    network: str | None  # None: it concerns the whole host
    message: str


@dataclass(frozen=True)
class Report:
    """An agent's heartbeat: what stands on its host."""

    host: str
    applied: tuple[Applied, ...]
    faults: tuple[Fault, ...] = ()
    leases: tuple[ReportedLease, ...] | None = None  # None: as in the last report that was answered


@dataclass(frozen=True)
class ReportReply:
    """The controller's answer to a report: what is behind on that host, and what should go."""

    ranges: FixedRanges
    stale: tuple[Snapshot, ...]
