"""A compute node: a place with the network cards, addresses and habits of the plan."""

import re
from ipaddress import IPv4Address

from tests.lab.machines.host import Place
from tests.lab.machines.topology import NodePlan

_CHANGING = re.compile(r"(?<=_timer) +[\d.]+|(?<=\[)\d+:\d+(?=\])")
"""A bridge's timers, and the packet counters of a chain."""


class Node(Place):
    """A compute node, whatever it is made of."""

    def __init__(self, place: Place, plan: NodePlan) -> None:
        super().__init__(place.name, place.line, place.prefix)
        self.plan = plan

    @property
    def address(self) -> IPv4Address:
        """Its management address."""
        return self.plan.address

    def settle(self) -> None:
        """Bring up what the node's operator has set up before cloudnet came."""
        lines = [
            f"ip link set {nic.name} up; ip addr add {nic.address} dev {nic.name}"
            for nic in self.plan.nics
        ]
        self.sh("\n".join([*lines, f"ip route add default via {self.plan.gateway}"]))
        self.sh("\n".join(self.plan.before) or "true")

    def links(self) -> set[str]:
        """Return the names of all its links."""
        return {link["ifname"] for link in self.json("ip", "-j", "link")}

    def address_of(self, link: str) -> IPv4Address | None:
        """Return a link's own IPv4 address, if it has one."""
        for entry in self.json("ip", "-j", "-4", "addr", "show", "dev", link):
            for address in entry.get("addr_info", []):
                return IPv4Address(address["local"])
        return None

    def standing(self) -> str:
        """Return all links, addresses and rules as text, without what changes by itself."""
        text = self.sh("ip -d link; ip addr; iptables-legacy-save")
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        return "\n".join(_CHANGING.sub("-", line) for line in lines)

    def dnsmasq_pids(self, bridge: str) -> list[int]:
        """Return the processes of the dnsmasq that serves a bridge ("br": any).

        Namespaces share their processes with their neighbours, so it is asked who serves in the
        node's own network namespace; the lease helper that dnsmasq keeps is one of the two.
        """
        own = self.sh("readlink /proc/self/ns/net").strip()
        found = self.sh(
            f"for p in $(pgrep -x dnsmasq); do "
            f'[ "$(readlink /proc/$p/ns/net)" = "{own}" ] || continue; '
            f"tr '\\0' ' ' </proc/$p/cmdline | grep -q -- '{bridge}' && echo $p; done; true"
        )
        return [int(pid) for pid in found.split()]
