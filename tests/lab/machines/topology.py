"""The cloud on paper: two compute nodes, a management network that is also the VLAN trunk, and the
public network of one of them.

    node1  eth0 172.16.99.108  eth1 192.168.99.108      outside router  192.168.99.1  203.0.113.1
    node2  eth0 172.16.99.109                           outside host    203.0.113.10
    controller, database and broker  172.16.99.1
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface

CONTROLLER = IPv4Interface("172.16.99.1/24")
PUBLIC_ADDRESS = IPv4Address("192.168.99.108")
"""What the world sees of node1, and of whoever leaves through it."""
ROUTER = IPv4Interface("192.168.99.1/24")
ROUTER_BACK = IPv4Interface("203.0.113.1/24")
OUTSIDE_HOST = IPv4Interface("203.0.113.10/24")

MASQUERADE = (
    "iptables-legacy -t nat -A POSTROUTING -s 172.16.99.0/24 -o eth1 -j MASQUERADE",
    "sysctl -qw net.ipv4.ip_forward=1",
)
"""What node1 had before any cloud came: node2's way out."""


@dataclass(frozen=True)
class Nic:
    """A node's card on one of the two switches."""

    name: str
    mac: str
    address: IPv4Interface
    public: bool = False  # on the public switch; otherwise on the trunk


@dataclass(frozen=True)
class NodePlan:
    """A compute node before cloudnet comes to it."""

    name: str
    nics: tuple[Nic, ...]
    gateway: IPv4Address
    before: tuple[str, ...] = ()  # commands that its operator had run long ago

    @property
    def address(self) -> IPv4Address:
        """Its management address."""
        return self.nics[0].address.ip


NODE1 = NodePlan(
    "node1",
    (
        Nic("eth0", "02:00:00:00:01:00", IPv4Interface("172.16.99.108/24")),
        Nic("eth1", "02:00:00:00:01:01", IPv4Interface("192.168.99.108/24"), public=True),
    ),
    gateway=ROUTER.ip,
    before=MASQUERADE,
)
NODE2 = NodePlan(
    "node2",
    (Nic("eth0", "02:00:00:00:02:00", IPv4Interface("172.16.99.109/24")),),
    gateway=NODE1.address,
)
NODES = (NODE1, NODE2)
