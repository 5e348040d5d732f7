"""A compute node: a host with the network cards and addresses of its plan."""

import re
from ipaddress import IPv4Address

from tests.lab.machines.host import Host
from tests.lab.machines.topology import NodePlan

_VOLATILE = re.compile(r"(?<=_timer) +[\d.]+|(?<=\[)\d+:\d+(?=\])")
"""A bridge's timers, and the packet counters of a chain."""


class Node(Host):
    """A compute node, whatever it is made of."""

    def __init__(self, host: Host, plan: NodePlan) -> None:
        super().__init__(host.name, host.session, host.prefix)
        self.plan = plan

    @property
    def address(self) -> IPv4Address:
        """Its management address."""
        return self.plan.address

    def configure(self) -> None:
        """Set up what the node's operator has set up before cloudnet is installed."""
        lines = [
            f"ip link set {nic.name} up; ip addr add {nic.address} dev {nic.name}"
            for nic in self.plan.nics
        ]
        self.sh("\n".join([*lines, f"ip route add default via {self.plan.gateway}"]))
        self.sh("\n".join(self.plan.setup_commands) or "true")

    def list_links(self) -> set[str]:
        """Return the names of all links."""
        return {link["ifname"] for link in self.json("ip", "-j", "link")}

    def get_address(self, link: str) -> IPv4Address | None:
        """Return a link's own IPv4 address, if it has one."""
        for entry in self.json("ip", "-j", "-4", "addr", "show", "dev", link):
            for address in entry.get("addr_info", []):
                return IPv4Address(address["local"])
        return None

    def dump_state(self) -> str:
        """Return all links, addresses and rules as text, without timers and counters."""
        text = self.sh("ip -d link; ip addr; iptables-legacy-save")
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        return "\n".join(_VOLATILE.sub("-", line) for line in lines)

    def list_dnsmasq_pids(self, bridge: str) -> list[int]:
        """Return the processes of the dnsmasq that serves a bridge ("br": any bridge).

        A namespace shares its processes with its neighbours, so only those in the node's own
        network namespace count. dnsmasq runs a second process, its lease helper.
        """
        own = self.sh("readlink /proc/self/ns/net").strip()
        pids = self.sh(
            f"for p in $(pgrep -x dnsmasq); do "
            f'[ "$(readlink /proc/$p/ns/net)" = "{own}" ] || continue; '
            f"tr '\\0' ' ' </proc/$p/cmdline | grep -q -- '{bridge}' && echo $p; done; true"
        )
        return [int(pid) for pid in pids.split()]
