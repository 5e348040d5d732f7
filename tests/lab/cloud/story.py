"""The steps of the single-host cloud; each step returns its checks.

The steps depend on one another and run in this order. `tools/quickstart` prints their checks, the
tests assert them.
"""

import difflib
import re
import time
from pathlib import Path

from tests.fixtures.waiting import wait_for
from tests.lab.cloud.checks import Check
from tests.lab.cloud.cloud import Cloud
from tests.lab.machines.guest import Guest
from tests.lab.machines.node import Node
from tests.lab.machines.outside import Outside
from tests.lab.machines.pings import Pings, read_pings
from tests.lab.machines.topology import PUBLIC_ADDRESS

ALL_FIVE = Pings(5, 5)
PORT = 7000
MANY = 1600
"""At twenty a second these pings outlast a restart of both agents, which is slow in a node."""


class Story:
    """vm1 and vm3 of project a, vm2 of project b; node1 is the gateway of all."""

    vm1: Guest
    vm2: Guest
    vm3: Guest
    floating: str

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    @property
    def outside(self) -> Outside:
        return self.cloud.outside

    # -- 1 -------------------------------------------------------------------------------------

    def check_networks(self) -> list[Check]:
        """Step 1: there are four /22 networks with VLANs 100 to 103, and the floating IPs."""
        networks = self.cloud.list_rows("network", "list")
        floating = self.cloud.list_rows("floating", "list")
        return [
            Check.same(
                "networks",
                "10.0.0.0/22 10.0.4.0/22 10.0.8.0/22 10.0.12.0/22",
                " ".join(network["cidr"] for network in networks),
            ),
            Check.same(
                "their VLANs",
                "100 101 102 103",
                " ".join(str(network["vlan"]) for network in networks),
            ),
            Check.same("floating IPs", 14, len(floating)),
        ]

    # -- 2 -------------------------------------------------------------------------------------

    def boot_guests(self, *, light: bool = False) -> list[Check]:
        """Step 2: three guests boot side by side; each gets a lease at its first DISCOVER."""
        cloud = self.cloud
        self.vm1, self.vm2, self.vm3 = cloud.spawn(
            ("vm1", cloud.node1, "a"),
            ("vm2", cloud.node1, "b"),
            ("vm3", cloud.node2, "a"),
            light=light,
        )
        checks = []
        for guest in (self.vm1, self.vm2, self.vm3):
            lease = guest.wait_until_up()
            allocated = cloud.instances[guest].fixed_address
            checks += [
                Check.same(f"{guest.name}: leased address", allocated, lease.address),
                Check.same(f"{guest.name}: DISCOVERs sent", 1, lease.discovers),
            ]
        return checks

    # -- 3 -------------------------------------------------------------------------------------

    def check_project_traffic(self) -> list[Check]:
        """Step 3: vm1 and vm3 ping each other, with tag 100 on the trunk."""
        pings = f"icmp and host {self.vm1.address}"
        with self.cloud.trunk.capture(f"({pings}) or (vlan and {pings})") as capture:
            there = self.vm1.pings(self.vm3.address)
            back = self.vm3.pings(self.vm1.address)
            wait_for(lambda: len(capture.frames) >= 20, "20 frames on the trunk", timeout=10)
        tags = {_tag(frame) for frame in capture.frames}
        return [
            Check.same("vm1 pings vm3", ALL_FIVE, there),
            Check.same("vm3 pings vm1", ALL_FIVE, back),
            Check.same("tag of these frames", "802.1Q vlan 100", " ".join(sorted(tags))),
        ]

    def check_isolation(self) -> list[Check]:
        """Step 3: vm1 and vm2, on one node and of two projects, cannot reach each other."""
        checks = []
        for guest in (self.vm1, self.vm2):
            _serve_echo(guest)
        for one, other in ((self.vm1, self.vm2), (self.vm2, self.vm1)):
            pair = f"{one.name} to {other.name}"
            checks += [
                Check.same(f"{pair}: ping", Pings(3, 0), one.pings(other.address, 3)),
                Check.same(f"{pair}: TCP", False, one.can_connect(other.address, PORT)),
                Check.same(
                    f"{pair}: ping from a stolen address", Pings(3, 0), _steal_and_ping(one, other)
                ),
                Check.same(
                    f"{pair}: ping to IPv6 link-local", Pings(3, 0), _ping_link_local(one, other)
                ),
            ]
        return checks

    def check_outbound_traffic(self) -> list[Check]:
        """Step 3: each guest reaches the outside, which sees the public address."""
        checks = []
        for guest in (self.vm1, self.vm2, self.vm3):
            source = guest.get_address_seen_outside()
            checks += [
                Check.same(
                    f"{guest.name} pings outside", ALL_FIVE, guest.pings(self.outside.address)
                ),
                Check.same(f"{guest.name}: source address outside", PUBLIC_ADDRESS, source),
            ]
        return checks

    # -- 4 -------------------------------------------------------------------------------------

    def associate_floating_ip(self) -> list[Check]:
        """Step 4: vm3 gets a floating IP, for traffic in both directions."""
        cloud = self.cloud
        self.floating = cloud.allocate_floating_ip("a")
        cloud.associate(self.floating, self.vm3)
        _serve_echo(self.vm3)
        wait_for(
            lambda: self.outside.pings(self.floating, 1).received == 1,
            "the floating IP",
            timeout=20,
        )
        self._stream = self.outside.stream(self.floating, PORT)
        source = self.vm3.get_address_seen_outside()
        return [
            Check.same("first floating IP", "192.168.99.225", self.floating),
            Check.same(
                "outside pings the floating IP", ALL_FIVE, self.outside.pings(self.floating)
            ),
            Check.same("TCP stream from outside to it", True, self._stream.process.alive),
            Check.same("vm3: source address with floating IP", self.floating, source),
        ]

    def disassociate_floating_ip(self, within_seconds: int = 1) -> list[Check]:
        """Step 4: after the disassociation the open stream stops within a second.

        :param within_seconds: more where other programs use the processors, too
        """
        self.cloud.disassociate(self.floating, "a")
        end = time.time()
        stream = self._stream
        wait_for(lambda: time.time() - stream.last_echo_time() > 3, "end of the stream", timeout=20)
        seconds = max(0.0, stream.last_echo_time() - end)
        stream.process.kill()
        source = self.vm3.get_address_seen_outside()
        return [
            Check(
                "last echo after disassociation",
                f"< {within_seconds} s",
                f"{seconds:.2f} s",
                ok=seconds < within_seconds,
            ),
            Check.same(
                "outside pings it afterwards", Pings(3, 0), self.outside.pings(self.floating, 3)
            ),
            Check.same("vm3: source address afterwards", PUBLIC_ADDRESS, source),
        ]

    # -- 5 -------------------------------------------------------------------------------------

    def delete_guest(self) -> list[Check]:
        """Step 5: vm1 is deleted; nothing of it remains and its address becomes free again."""
        cloud, node = self.cloud, self.cloud.node1
        address, mac = self.vm1.address, self.vm1.cards[0].mac
        before = _find_traces(self, address, mac)
        cloud.delete(self.vm1)
        wait_for(
            lambda: not _find_traces(self, address, mac), f"end of {address} on node1", timeout=20
        )
        after = _find_traces(self, address, mac)
        free = wait_for(
            lambda: self._is_free(address), f"{address} to be free", timeout=90, pause=2
        )
        return [
            Check.same("vm1 has DHCP entries on node1 before", True, bool(before)),
            Check.same("its DHCP, NAT and filter entries after", "none", after or "none"),
            Check.same("its address is free again", True, free),
            Check.same("bridge of project a remains", True, node.has_link("br100")),
        ]

    def delete_last_guest_of_project(self) -> list[Check]:
        """Step 5: the VLAN device, bridge and dnsmasq of project b go with its last guest."""
        node = self.cloud.node1
        bridge = self.vm2.cards[0].bridge
        links = {bridge, bridge.replace("br", "vlan")}
        before = node.list_links() & links
        dnsmasqs = len(node.list_dnsmasq_pids(bridge))
        self.cloud.delete(self.vm2)
        wait_for(lambda: not node.list_links() & links, f"end of {bridge}", timeout=20)
        wait_for(
            lambda: not node.list_dnsmasq_pids(bridge),
            f"end of the dnsmasq of {bridge}",
            timeout=20,
        )
        after = node.list_links() & links
        return [
            Check.same(
                "links of project b on node1 before",
                " ".join(sorted(links)),
                " ".join(sorted(before)),
            ),
            Check.same("its dnsmasq runs before", True, dnsmasqs > 0),
            Check.same("its links and dnsmasq after", "none", " ".join(after) or "none"),
        ]

    # -- 6 -------------------------------------------------------------------------------------

    def kill_agents(self) -> list[Check]:
        """Step 6: kill -9 of the agents and a restart, while vm1 and vm3 ping at 20 a second."""
        cloud = self.cloud
        nodes = cloud.site.nodes
        before = {node: node.dump_state() for node in nodes}
        dnsmasqs = {node: node.list_dnsmasq_pids("br") for node in nodes}
        there, back = (
            one.start(f"ping -q -i 0.05 -c {MANY} {other.address}")
            for one, other in ((self.vm1, self.vm3), (self.vm3, self.vm1))
        )
        for node in nodes:
            cloud.agents[node].kill()
        cloud.restart_agents()
        assert there.status is None, f"{MANY} pings ended before the agents were back"
        assert back.status is None, f"{MANY} pings ended before the agents were back"
        there.wait(MANY)
        back.wait(MANY)
        checks = [
            Check.same("vm1 pings vm3", Pings(MANY, MANY), read_pings(there.output)),
            Check.same("vm3 pings vm1", Pings(MANY, MANY), read_pings(back.output)),
        ]
        for node in nodes:
            checks += [
                Check.same(f"{node.name}: dnsmasq", dnsmasqs[node], node.list_dnsmasq_pids("br")),
                Check.same(f"{node.name}: state", "unchanged", _compare(before[node], node)),
            ]
        return checks

    # -- after step 5 --------------------------------------------------------------------------

    def boot_deleted_guests(self) -> None:
        """Boot vm1 and vm2 again, which step 5 has deleted."""
        cloud = self.cloud
        self.vm1, self.vm2 = cloud.spawn(("vm1", cloud.node1, "a"), ("vm2", cloud.node1, "b"))
        for guest in (self.vm1, self.vm2):
            guest.wait_until_up()

    def _is_free(self, address: str) -> bool:
        rows = self.cloud.list_rows("fixed", "list")
        return all(row["address"] != address for row in rows)


def _compare(before: str, node: Node) -> str:
    """Return how the state of a node differs from before, as a diff."""
    lines = difflib.unified_diff(before.splitlines(), node.dump_state().splitlines(), lineterm="")
    return "\n".join(lines) or "unchanged"


def _tag(frame: str) -> str:
    """Return the tag of a frame that tcpdump has printed, or the frame if it has none."""
    tagged = re.search(r"ethertype (802\.1Q) .*?(vlan \d+)", frame)
    return f"{tagged[1]} {tagged[2]}" if tagged else frame


def _serve_echo(guest: Guest) -> None:
    """Run an echo server in the guest and wait for it: a later failure must have another cause."""
    guest.serve_echo(PORT)
    wait_for(lambda: guest.can_connect(guest.address, PORT), f"echo of {guest.name}", timeout=20)


def _steal_and_ping(one: Guest, other: Guest) -> Pings:
    """Ping from an address of the other's own network, which makes the other a neighbour."""
    stolen = other.address.rsplit(".", 1)[0] + ".99/22"
    one.run(f"ip addr add {stolen} dev eth0")
    try:
        return one.pings(other.address, 3)
    finally:
        one.run(f"ip addr del {stolen} dev eth0")


def _ping_link_local(one: Guest, other: Guest) -> Pings:
    fields = other.run("ip -6 addr show dev eth0 scope link").split()
    address = fields[fields.index("inet6") + 1].split("/")[0]
    return one.pings(f"{address}%eth0", 3)


def _find_traces(story: Story, address: str, mac: str) -> str:
    """Return what node1 has of a guest: DHCP entries, leases, NAT and filter rules."""
    node = story.cloud.node1
    state: Path = story.cloud.state_path(node)
    pattern = rf"\b({re.escape(address)}|{mac})\b"
    files = node.attempt("grep", "-rE", pattern, str(state / "networks")).out
    rules = node.run("iptables-legacy-save")
    return files + "\n".join(line for line in rules.splitlines() if re.search(pattern, line))
