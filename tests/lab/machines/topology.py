"""The plan of the cloud: two compute nodes, a management network that is also the VLAN trunk, and
the public network of one node.

    node1  eth0 172.16.99.108  eth1 192.168.99.108      outside router  192.168.99.1  203.0.113.1
    node2  eth0 172.16.99.109                           outside host    203.0.113.10
    controller, database and broker  172.16.99.1
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface

CONTROLLER = IPv4Interface("172.16.99.1/24")
PUBLIC_ADDRESS = IPv4Address("192.168.99.108")
"""The source address, seen from outside, of node1 and of everything that it translates."""
ROUTER = IPv4Interface("192.168.99.1/24")
ROUTER_OUTSIDE = IPv4Interface("203.0.113.1/24")
OUTSIDE_HOST = IPv4Interface("203.0.113.10/24")

MASQUERADE = (
    "iptables-legacy -t nat -A POSTROUTING -s 172.16.99.0/24 -o eth1 -j MASQUERADE",
    "sysctl -qw net.ipv4.ip_forward=1",
)
"""What node1 has before cloudnet is installed: node2 reaches the outside through it."""


@dataclass(frozen=True)
class Nic:
    """A node's network card on one of the two switches."""

    name: str
    mac: str
    address: IPv4Interface
    public: bool = False  # on the public switch; otherwise on the trunk


@dataclass(frozen=True)
class NodePlan:
    """A compute node before cloudnet is installed."""

    name: str
    nics: tuple[Nic, ...]
    gateway: IPv4Address
    setup_commands: tuple[str, ...] = ()  # run by its operator before cloudnet is installed

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
    setup_commands=MASQUERADE,
)
NODE2 = NodePlan(
    "node2",
    (Nic("eth0", "02:00:00:00:02:00", IPv4Interface("172.16.99.109/24")),),
    gateway=NODE1.address,
)
NODES = (NODE1, NODE2)
