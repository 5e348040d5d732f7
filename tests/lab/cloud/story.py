"""What happens in the two-node cloud, step by step; each step returns what it has checked.

The steps build on one another and are told in their order: `tools/quickstart` prints them, the
tests hold them.
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
LONG = 1600
"""Pings at twenty a second that outlast the restart of both agents, which takes long in a node."""


class Story:
    """The story of vm1 and vm3 of project a, and vm2 of project b."""

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

    def networks_appear(self) -> list[Check]:
        """Step 1: four /22 networks with VLAN 100 to 103, and the floating IPs."""
        networks = self.cloud.listed("network", "list")
        floating = self.cloud.listed("floating", "list")
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

    def guests_boot(self, *, light: bool = False) -> list[Check]:
        """Step 2: three guests boot side by side, each with its first lease on its first try."""
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
            given = cloud.instances[guest].fixed_address
            checks += [
                Check.same(f"{guest.name} has the address it was given", given, lease.address),
                Check.same(f"{guest.name} needed DISCOVERs", 1, lease.discovers),
            ]
        return checks

    # -- 3 -------------------------------------------------------------------------------------

    def neighbours_meet(self) -> list[Check]:
        """Step 3: vm1 and vm3 ping each other, with tag 100 on the trunk."""
        theirs = f"icmp and host {self.vm1.address}"
        with self.cloud.trunk.capture(f"({theirs}) or (vlan and {theirs})") as capture:
            there = self.vm1.pings(self.vm3.address)
            back = self.vm3.pings(self.vm1.address)
            wait_for(lambda: len(capture.frames) >= 20, "20 frames on the trunk", timeout=10)
        tags = {
            re.sub(r".*?(802\.1Q.*?vlan \d+|ethertype \S+).*", r"\1", f) for f in capture.frames
        }
        tags = {_tag(frame) for frame in capture.frames}
        return [
            Check.same("vm1 pings vm3", ALL_FIVE, there),
            Check.same("vm3 pings vm1", ALL_FIVE, back),
            Check.same("their frames on the trunk", "802.1Q vlan 100", " ".join(sorted(tags))),
        ]

    def strangers_do_not(self) -> list[Check]:
        """Step 3: vm1 and vm2, on one node and of two projects, do not reach each other."""
        checks = []
        for guest in (self.vm1, self.vm2):
            _serve_echo(guest)
        for one, other in ((self.vm1, self.vm2), (self.vm2, self.vm1)):
            pair = f"{one.name} to {other.name}"
            checks += [
                Check.same(f"{pair}: ping", Pings(3, 0), one.pings(other.address, 3)),
                Check.same(f"{pair}: TCP", False, one.opens_tcp(other.address, PORT)),
                Check.same(
                    f"{pair}: on a stolen address", Pings(3, 0), _pings_as_a_neighbour(one, other)
                ),
                Check.same(f"{pair}: IPv6 link-local", Pings(3, 0), _pings_link_local(one, other)),
            ]
        return checks

    def everyone_gets_out(self) -> list[Check]:
        """Step 3: each guest reaches the outside, which sees the public address."""
        checks = []
        for guest in (self.vm1, self.vm2, self.vm3):
            checks += [
                Check.same(
                    f"{guest.name} pings outside", ALL_FIVE, guest.pings(self.outside.address)
                ),
                Check.same(
                    f"outside sees {guest.name} as", PUBLIC_ADDRESS, guest.seen_outside_as()
                ),
            ]
        return checks

    # -- 4 -------------------------------------------------------------------------------------

    def floating_ip_arrives(self) -> list[Check]:
        """Step 4: vm3 gets a floating IP and is reached by it and known by it."""
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
        return [
            Check.same("the floating IP is the first", "192.168.99.225", self.floating),
            Check.same("outside pings it", ALL_FIVE, self.outside.pings(self.floating)),
            Check.same("outside has a TCP stream to it", True, self._stream.process.alive),
            Check.same("outside sees vm3 as", self.floating, self.vm3.seen_outside_as()),
        ]

    def floating_ip_leaves(self) -> list[Check]:
        """Step 4: after disassociation the open stream stops within a second."""
        self.cloud.disassociate(self.floating, "a")
        left = time.time()
        wait_for(lambda: time.time() - self._stream.last_heard() > 3, "the end of it", timeout=20)
        lived_on = max(0.0, self._stream.last_heard() - left)
        self._stream.process.kill()
        return [
            Check("the stream went on for", "< 1 s", f"{lived_on:.2f} s", ok=lived_on < 1),
            Check.same(
                "outside pings it no more", Pings(3, 0), self.outside.pings(self.floating, 3)
            ),
            Check.same("outside sees vm3 as", PUBLIC_ADDRESS, self.vm3.seen_outside_as()),
        ]

    # -- 5 -------------------------------------------------------------------------------------

    def a_guest_goes(self) -> list[Check]:
        """Step 5: vm1 goes; nothing of it is left, and its address is free again after a while."""
        cloud, node = self.cloud, self.cloud.node1
        address, mac = self.vm1.address, self.vm1.cards[0].mac
        had = _traces(self, address, mac)
        cloud.delete(self.vm1)
        wait_for(lambda: not _traces(self, address, mac), f"end of {address} on node1", timeout=20)
        left = _traces(self, address, mac)
        free = wait_for(
            lambda: self._is_free(address), f"{address} to be free", timeout=90, pause=2
        )
        return [
            Check.same("vm1 had DHCP entries on node1", True, bool(had)),
            Check.same("what is left of them, and of NAT", "nothing", left or "nothing"),
            Check.same("vm1's address is free again", True, free),
            Check.same("project a's bridge stays", True, node.has_link("br100")),
        ]

    def the_last_guest_goes(self) -> list[Check]:
        """Step 5: with the last guest of project b go its VLAN device, bridge and dnsmasq."""
        node = self.cloud.node1
        bridge = self.vm2.cards[0].bridge
        vlan = bridge.replace("br", "vlan")
        had = node.links() & {bridge, vlan}
        dnsmasqs = len(node.dnsmasq_pids(bridge))
        self.cloud.delete(self.vm2)
        wait_for(lambda: not node.links() & {bridge, vlan}, f"end of {bridge}", timeout=20)
        wait_for(
            lambda: not node.dnsmasq_pids(bridge), f"end of the dnsmasq of {bridge}", timeout=20
        )
        left = node.links() & {bridge, vlan}
        return [
            Check.same("project b had on node1", f"{bridge} {vlan}", " ".join(sorted(had))),
            Check.same("and a dnsmasq", True, dnsmasqs > 0),
            Check.same("what is left of it", "nothing", " ".join(left) or "nothing"),
        ]

    # -- 6 -------------------------------------------------------------------------------------

    def agents_are_killed(self) -> list[Check]:
        """Step 6: kill -9 of the agents and a restart, while vm1 and vm3 ping at 20 a second."""
        cloud = self.cloud
        nodes = cloud.site.nodes
        before = {node: node.standing() for node in nodes}
        dnsmasqs = {node: node.dnsmasq_pids("br") for node in nodes}
        there, back = (
            one.start(f"ping -q -i 0.05 -c {LONG} {other.address}")
            for one, other in ((self.vm1, self.vm3), (self.vm3, self.vm1))
        )
        for node in nodes:
            cloud.agents[node].kill()
        cloud.restart_agents()
        assert there.status is None, f"{LONG} pings were over before the agents were back"
        assert back.status is None, f"{LONG} pings were over before the agents were back"
        there.wait(LONG)
        back.wait(LONG)
        checks = [
            Check.same("vm1 pings vm3", Pings(LONG, LONG), read_pings(there.output)),
            Check.same("vm3 pings vm1", Pings(LONG, LONG), read_pings(back.output)),
        ]
        for node in nodes:
            checks += [
                Check.same(f"{node.name}: dnsmasq", dnsmasqs[node], node.dnsmasq_pids("br")),
                Check.same(f"{node.name} stands", "as before", _change(before[node], node)),
            ]
        return checks

    # -- and on --------------------------------------------------------------------------------

    def guests_come_back(self) -> None:
        """BootRequest again whom step 5 has deleted."""
        cloud = self.cloud
        self.vm1, self.vm2 = cloud.spawn(("vm1", cloud.node1, "a"), ("vm2", cloud.node1, "b"))
        for guest in (self.vm1, self.vm2):
            guest.wait_until_up()

    def _is_free(self, address: str) -> bool:
        rows = self.cloud.listed("fixed", "list")
        return all(row["address"] != address for row in rows)


def _change(before: str, node: Node) -> str:
    """Return how a node differs from before, line by line."""
    lines = difflib.unified_diff(before.splitlines(), node.standing().splitlines(), lineterm="")
    return "\n".join(lines) or "as before"


def _tag(frame: str) -> str:
    """Return the tag of a frame that tcpdump has printed; of one without, all of it."""
    tagged = re.search(r"ethertype (802\.1Q) .*?(vlan \d+)", frame)
    return f"{tagged[1]} {tagged[2]}" if tagged else frame


def _serve_echo(guest: Guest) -> None:
    """Let the guest echo on its port, and see that it does: silence has to mean something."""
    guest.serve_echo(PORT)
    wait_for(lambda: guest.opens_tcp(guest.address, PORT), f"echo of {guest.name}", timeout=20)


def _pings_as_a_neighbour(one: Guest, other: Guest) -> Pings:
    """Ping with an address of the other's own network, straight onto the wire."""
    stolen = other.address.rsplit(".", 1)[0] + ".99/22"
    one.run(f"ip addr add {stolen} dev eth0")
    try:
        return one.pings(other.address, 3)
    finally:
        one.run(f"ip addr del {stolen} dev eth0")


def _pings_link_local(one: Guest, other: Guest) -> Pings:
    words = other.run("ip -6 addr show dev eth0 scope link").split()
    address = words[words.index("inet6") + 1].split("/")[0]
    return one.pings(f"{address}%eth0", 3)


def _traces(story: Story, address: str, mac: str) -> str:
    """Return what node1 still has about a guest: DHCP entries, leases, NAT and filter rules."""
    node = story.cloud.node1
    state: Path = story.cloud.state_path(node)
    pattern = rf"\b({re.escape(address)}|{mac})\b"
    files = node.attempt("grep", "-rE", pattern, str(state / "networks")).out
    rules = node.run("iptables-legacy-save")
    return files + "\n".join(line for line in rules.splitlines() if re.search(pattern, line))
