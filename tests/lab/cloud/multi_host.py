"""The steps of the cloud in multi-host mode: every node is the gateway of its own guests.

Each step returns its checks, as in story.py.
"""

import re

from tests.fixtures.waiting import wait_for
from tests.lab.cloud.checks import Check
from tests.lab.cloud.cloud import Cloud
from tests.lab.cloud.story import ALL_FIVE
from tests.lab.machines.guest import Guest
from tests.lab.machines.pings import Pings, read_pings
from tests.lab.machines.topology import PUBLIC_ADDRESS

MANY = 600


class MultiHostStory:
    """vm1 on node1 and vm3 on node2, both of project a."""

    vm1: Guest
    vm3: Guest

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def boot_guests(self, *, light: bool = False) -> list[Check]:
        """Each guest gets its lease, and its default route, from its own node."""
        cloud = self.cloud
        self.vm1, self.vm3 = cloud.spawn(
            ("vm1", cloud.node1, "a"), ("vm3", cloud.node2, "a"), light=light
        )
        checks = []
        for guest in (self.vm1, self.vm3):
            lease = guest.wait_until_up()
            node = cloud.instances[guest].node
            own = node.get_address(guest.cards[0].bridge)
            checks += [
                Check.same(f"{guest.name}: DISCOVERs sent", 1, lease.discovers),
                Check.same(f"{guest.name}: gateway is {node.name}", own, lease.router),
                Check.same(f"{guest.name}: DHCP server is {node.name}", own, lease.server),
            ]
        one, other = self.vm1.leases[0].router, self.vm3.leases[0].router
        return [*checks, Check.same("vm1 and vm3 have the same gateway", False, one == other)]

    def check_project_traffic(self) -> list[Check]:
        """vm1 and vm3 share one network across the trunk."""
        return [
            Check.same("vm1 pings vm3", ALL_FIVE, self.vm1.pings(self.vm3.address)),
            Check.same("vm3 pings vm1", ALL_FIVE, self.vm3.pings(self.vm1.address)),
        ]

    def check_outbound_traffic(self) -> list[Check]:
        """vm3 leaves through node2's SNAT, then node1's masquerade; vm1 leaves through node1."""
        outside = self.cloud.outside
        with self.cloud.trunk.capture(f"icmp and host {outside.address}") as capture:
            pings = self.vm3.pings(outside.address)
            wait_for(lambda: len(capture.frames) >= 10, "ten frames on the trunk", timeout=10)
        senders = {found for f in capture.frames for found in re.findall(r"(\S+) > 203\.0", f)}
        traffic = f"host {outside.address}"
        with self.cloud.trunk.capture(f"({traffic}) or (vlan and {traffic})") as capture:
            others = self.vm1.pings(outside.address)
        return [
            Check.same("vm3 pings outside", ALL_FIVE, pings),
            Check.same(
                "source of its untagged frames on the trunk",
                self.cloud.node2.address,
                " ".join(senders),
            ),
            Check.same(
                "vm3: source address outside", PUBLIC_ADDRESS, self.vm3.get_address_seen_outside()
            ),
            Check.same("vm1 pings outside", ALL_FIVE, others),
            Check.same("frames of this ping on the trunk", "none", str(capture) or "none"),
            Check.same(
                "vm1: source address outside", PUBLIC_ADDRESS, self.vm1.get_address_seen_outside()
            ),
        ]

    def stop_one_agent(self) -> list[Check]:
        """While node1's agent is stopped, guests on node2 keep their traffic and new ones boot."""
        cloud = self.cloud
        steady = self.vm3.start(f"ping -q -i 0.05 -c {MANY} {cloud.outside.address}")
        cloud.agents[cloud.node1].stop()
        vm4 = cloud.boot("vm4", on=cloud.node2, project="a", light=True)
        vm5 = cloud.boot("vm5", on=cloud.node2, project="c", light=True)
        steady.wait(MANY)
        checks = [
            Check.same("vm3 pings outside", Pings(MANY, MANY), read_pings(steady.output)),
            Check.same("vm4 of project a pings vm3", ALL_FIVE, vm4.pings(self.vm3.address)),
            Check.same("vm4 pings vm1 on node1", ALL_FIVE, vm4.pings(self.vm1.address)),
            Check.same("vm5 of a new project pings outside", ALL_FIVE, vm5.pings("203.0.113.10")),
        ]
        cloud.restart_agents()
        return checks
