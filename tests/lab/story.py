"""What happens in the two-node cloud, step by step; each step returns what it has checked.

The steps build on one another and are told in their order: `tools/quickstart` prints them, the
tests hold them.
"""

import re
import time
from pathlib import Path

from tests.lab.checks import Check
from tests.lab.cloud import Cloud
from tests.lab.guest import Guest
from tests.lab.outside import Outside
from tests.lab.reach import Pings
from tests.lab.topology import PUBLIC_ADDRESS
from tests.lab.waiting import wait_for

ALL_FIVE = Pings(5, 5)
PORT = 7000


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
        self.vm1 = cloud.spawn("vm1", cloud.node1, "a", light=light)
        self.vm2 = cloud.spawn("vm2", cloud.node1, "b", light=light)
        self.vm3 = cloud.spawn("vm3", cloud.node2, "a", light=light)
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
        with self.cloud.trunk.capture("icmp or (vlan and icmp)") as capture:
            there = self.vm1.pings(self.vm3.address)
            back = self.vm3.pings(self.vm1.address)
            wait_for(lambda: len(capture.frames) >= 20, "20 frames on the trunk", timeout=10)
        tags = {
            re.sub(r".*?(802\.1Q.*?vlan \d+|ethertype \S+).*", r"\1", f) for f in capture.frames
        }
        tags = {re.sub(r"802\.1Q.*vlan", "802.1Q vlan", tag) for tag in tags}
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
        traces = {"before": _traces(self, address, mac)}
        cloud.delete(self.vm1)
        wait_for(lambda: not _traces(self, address, mac), f"end of {address} on node1", timeout=20)
        free = wait_for(
            lambda: self._is_free(address), f"{address} to be free", timeout=90, pause=2
        )
        return [
            Check.same("vm1 had DHCP entries on node1", True, bool(traces["before"])),
            Check.same("and has none, nor NAT rules", "", _traces(self, address, mac)),
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
        return [
            Check.same("project b had on node1", f"{bridge} {vlan}", " ".join(sorted(had))),
            Check.same("and a dnsmasq", True, dnsmasqs > 0),
            Check.same("what is left of it", set(), node.links() & {bridge, vlan}),
        ]

    # -- and on ----------------------------------------------------------------------------------

    def guests_come_back(self) -> None:
        """Boot again whom step 5 has deleted."""
        cloud = self.cloud
        self.vm1 = cloud.spawn("vm1", cloud.node1, "a")
        self.vm2 = cloud.spawn("vm2", cloud.node1, "b")
        for guest in (self.vm1, self.vm2):
            guest.wait_until_up()

    def _is_free(self, address: str) -> bool:
        rows = self.cloud.listed("fixed", "list")
        return all(row["address"] != address for row in rows)


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
