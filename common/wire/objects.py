"""The messages between controller and agent, as frozen values.

A snapshot is the complete desired state of one network on one host, never a change to it. It has a
revision that only grows, so that a duplicate or an older snapshot can be dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network


class Topology(StrEnum):
    """How a network is carried to a node, by nova-network's names."""

    FLAT = "flat"  # a bridge of the operator's; addresses are only recorded
    FLATDHCP = "flatdhcp"  # a bridge of ours, with or without a NIC as its uplink
    VLAN = "vlan"  # a bridge of ours with an 802.1Q device as its uplink


@dataclass(frozen=True)
class Origin:
    """The database that a message was read from, and how new it was.

    A controller begins a branch when it starts. After an older copy of the database was restored,
    the same generations come again, but on another branch.
    """

    cloud: str  # uuid; a new one for each database that is created
    generation: int  # only grows, before each message to hosts
    branch: str  # uuid


@dataclass(frozen=True)
class Vif:
    """A guest's virtual interface on this network."""

    mac: str  # lower case, colons
    address: IPv4Address
    hostname: str  # one DNS label, lower case
    instance: str  # uuid


@dataclass(frozen=True)
class FloatingIp:
    """A public address that is mapped to a fixed IP of this network."""

    address: IPv4Address
    fixed: IPv4Address
    interface: str | None  # None: the node's public_interface


@dataclass(frozen=True)
class GuestName:
    """The name of a guest that another host serves."""

    address: IPv4Address
    hostname: str  # one DNS label, lower case


@dataclass(frozen=True)
class NetworkSnapshot:
    """The desired state of one network on one host.

    Without ``host_address`` the host only has the bridge (layer 2); with it, the host is a gateway
    of the network and serves DHCP and NAT for the guests in ``vifs``.
    """

    network: str  # uuid
    host: str
    revision: int
    label: str
    topology: Topology
    bridge: str
    vlan: int | None  # None: not a VLAN network
    bridge_interface: str | None  # the default uplink; the node's own option overrides it
    mtu: int | None  # bytes; None: the MTU of the uplink
    cidr: IPv4Network
    host_address: IPv4Address | None  # this host's address on the bridge; None: layer 2 only
    gateway: IPv4Address | None  # the guests' default route; None: no default route
    enable_dhcp: bool
    dhcp_start: IPv4Address  # first address of the DHCP range
    dns: tuple[IPv4Address, ...]
    project: str | None  # None: shared by all projects
    vifs: tuple[Vif, ...] = ()  # in the order of their addresses
    floating_ips: tuple[FloatingIp, ...] = ()  # in the order of their addresses
    names: tuple[GuestName, ...] = ()  # of guests of other hosts, in the order of their addresses
    origin: Origin | None = field(default=None, compare=False)  # of a cast


@dataclass(frozen=True)
class NetworkGone:
    """The desired state of a network that the host must not have any more."""

    network: str  # uuid
    host: str
    revision: int
    origin: Origin | None = field(default=None, compare=False)  # of a cast


Snapshot = NetworkSnapshot | NetworkGone


@dataclass(frozen=True)
class SnapshotPatch:
    """What a revision changes of the snapshot of the one before, its base.

    A host that does not have the base reports, and gets the complete snapshot.
    """

    network: str  # uuid
    host: str
    base: int  # the revision that it changes
    revision: int
    vifs: tuple[Vif, ...] = ()  # new, or in place of those with their addresses
    removed_vifs: tuple[IPv4Address, ...] = ()
    floating_ips: tuple[FloatingIp, ...] = ()  # new, or in place of those with their addresses
    removed_floating_ips: tuple[IPv4Address, ...] = ()
    origin: Origin | None = field(default=None, compare=False)  # of a cast


@dataclass(frozen=True)
class Undecoded:
    """What a receiver has in place of a snapshot that it cannot decode; never sent."""

    network: str  # as the snapshot names it; empty: it names none
    reason: str


@dataclass(frozen=True)
class FixedRanges:
    """The ranges of all networks, which isolate projects from each other at layer 3.

    A guest's packet to one of these addresses outside its own network is dropped, unless it goes
    through a floating IP. Adjacent ranges are merged: thousands of networks are a few ranges.
    """

    revision: int
    ranges: tuple[IPv4Network, ...]
    origin: Origin | None = field(default=None, compare=False)  # of a cast


@dataclass(frozen=True)
class DnsZone:
    """A DNS domain of the cloud."""

    domain: str  # in lower case
    is_public: bool  # other names of it may be elsewhere


@dataclass(frozen=True)
class DnsRecord:
    """The address of a name."""

    name: str  # in lower case, without the domain
    domain: str
    address: IPv4Address | None  # None: the name does not exist any more; only in a patch


@dataclass(frozen=True)
class DnsRecords:
    """The names in DNS: all of them, or those that changed since a revision that a host has."""

    revision: int
    base: int | None  # None: these are all; else a patch on this revision or a later one
    zones: tuple[DnsZone, ...]  # always all; a domain that is missing here has no names
    records: tuple[DnsRecord, ...]
    origin: Origin | None = field(default=None, compare=False)  # of a cast


@dataclass(frozen=True)
class ReportedLease:
    """A DHCP lease on a host."""

    network: str  # uuid
    address: IPv4Address
    mac: str


OUT_OF_SYNC = 0  # below all revisions: the host has something, but no revision completely


@dataclass(frozen=True)
class Applied:
    """The revision of a network's desired state that a host has applied.

    A host reports every network that it has a snapshot or any resource of, with ``OUT_OF_SYNC``
    until all of it is applied. Of a network that it does not report it has nothing.
    """

    network: str  # uuid
    revision: int


@dataclass(frozen=True)
class ServedAddress:
    """An address that a held host serves: of a guest, or the host's own on a network."""

    network: str  # uuid
    address: IPv4Address
    mac: str | None = None  # None: the address is the host's own
    instance: str | None = None  # uuid
    hostname: str | None = None


@dataclass(frozen=True)
class AgentIdentity:
    """Which agent reports, since two may have one host name by mistake."""

    agent: str  # uuid; kept in the state_path
    my_ip: IPv4Address
    boot_id: str  # of the host's kernel


@dataclass(frozen=True)
class ReportedRange:
    """A range that a host reaches by a link that is not cloudnet's."""

    device: str
    network: IPv4Network
    address: IPv4Address | None  # the host's own in the range; None: it has a route alone


@dataclass(frozen=True)
class Fault:
    """A failed step on a host, in one line that an operator can act on."""

    network: str | None  # None: it concerns the whole host
    message: str


@dataclass(frozen=True)
class Report:
    """An agent's heartbeat: the actual state of its host."""

    host: str
    applied: tuple[Applied, ...]
    faults: tuple[Fault, ...] = ()
    leases: tuple[ReportedLease, ...] | None = None  # None: as in the last report that got a reply
    origin: Origin | None = None  # the newest that the agent has obeyed; None: none yet
    held: str | None = None  # why the agent refuses the controller's answers; None: it does not
    served: tuple[ServedAddress, ...] = ()  # only of a held host
    agent: AgentIdentity | None = None  # None: of an agent before there were identities
    ranges: tuple[ReportedRange, ...] | None = None  # None: not known
    dns: int | None = None  # the revision of its DnsRecords; None: it serves no names
    digest: str | None = None  # of this report with its leases; None: of an older agent
    lacks: tuple[str, ...] = ()  # networks with a patch whose base is not here yet


@dataclass(frozen=True)
class Heartbeat:
    """What an agent sends in place of a report that would be the same as the last one."""

    host: str
    report: str  # the digest of the last report
    applied: str  # the digest of the revisions in it
    branch: str | None  # of the newest origin that the agent has obeyed
    ranges: int  # the revision of its FixedRanges
    dns: int | None = None  # the revision of its DnsRecords; None: it serves no names


@dataclass(frozen=True)
class HeartbeatReply:
    """The controller's reply to a heartbeat."""

    needs_report: bool  # something is not as in the last report, or the host lacks something


@dataclass(frozen=True)
class ReportReply:
    """The controller's reply to a report: the snapshots of what is stale on that host."""

    ranges: FixedRanges
    stale: tuple[Snapshot | Undecoded, ...]
    origin: Origin | None = None  # None: of a controller before there were origins
    behind: str | None = None  # why the database is older than the host's state; None: it is not
    refused: str | None = None  # why this agent may not serve the host; None: it may
    accepted: bool = False  # an operator has accepted this answer, whatever it removes
    dns: DnsRecords | None = None  # None: the host has the newest
