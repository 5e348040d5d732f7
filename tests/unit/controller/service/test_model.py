"""Random sequences of calls, compared with a model of sets and dictionaries."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cloudnet.common.errors import (
    CloudnetError,
    FloatingIpLimitExceeded,
    NoMoreFixedIps,
    NoMoreFloatingIps,
)
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.controller.world import SETTINGS, World, a_world, addresses

POOL = {f"10.0.0.{n}" for n in range(3, 15)}  # of a /28 whose first two are the network's own
FLOATING = {f"203.0.113.{n}" for n in range(1, 7)}
QUOTA = 4
numbers = st.integers(0, 19)
projects = st.sampled_from(["a", "b"])


class Cloud(RuleBasedStateMachine):
    """A network of twelve addresses, a pool of six floating IPs, and what guests do with them."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        # In memory: each commit would wait for the disk.
        folder = Path(self._stack.enter_context(TemporaryDirectory(dir="/dev/shm")))
        settings_ = replace(SETTINGS, quota_floating_ips=QUOTA)
        self.world: World = self._stack.enter_context(a_world(folder, settings_))
        self.guests: dict[int, str] = {}  # the address of each
        self.resting: set[str] = set()
        self.owners: dict[str, str] = {}  # the project of each floating IP that has one
        self.targets: dict[str, str] = {}  # the fixed IP of each floating IP that has one
        self.vlans: list[int] = []

    def teardown(self) -> None:
        self._stack.close()

    @initialize()
    def create(self) -> None:
        network = self.world.network(size=16, cidr=IPv4Network("10.0.0.0/28"), project="a")
        self.world.services.pools.create(IPv4Network("203.0.113.0/29"))
        self.vlans.append(network.vlan or 0)

    @rule(number=numbers)
    def boot(self, number: int) -> None:
        free = POOL - self.resting - set(self.guests.values())
        try:
            [address] = addresses(self.world.boot(number, "a"))
        except NoMoreFixedIps:
            assert not free
            assert number not in self.guests
            return
        assert address == self.guests.get(number, address)
        assert number in self.guests or address in free
        self.guests[number] = address

    @rule(number=numbers)
    def delete(self, number: int) -> None:
        self.world.delete(number)
        if number in self.guests:
            address = self.guests.pop(number)
            self.resting.add(address)
            self.targets = {key: fixed for key, fixed in self.targets.items() if fixed != address}

    @rule()
    def end_quarantine(self) -> None:
        self.world.end_quarantine()
        self.resting.clear()

    @rule(project=projects)
    def allocate_floating(self, project: str) -> None:
        used = [owner for owner in self.owners.values() if owner == project]
        try:
            address = str(self.world.services.floating.allocate(ADMIN, project))
        except FloatingIpLimitExceeded:
            assert len(used) == QUOTA
        except NoMoreFloatingIps:
            assert set(self.owners) == FLOATING
        else:
            assert len(used) < QUOTA
            assert address in FLOATING - set(self.owners)
            self.owners[address] = project

    @rule(floating=st.sampled_from(sorted(FLOATING)), number=numbers)
    def associate(self, floating: str, number: int) -> None:
        fixed = self.guests.get(number, "10.0.0.14")
        is_possible = floating in self.owners and fixed in self.guests.values()
        call = self.world.services.floating.associate
        if self._succeeds(lambda: call(ADMIN, IPv4Address(floating), IPv4Address(fixed))):
            assert is_possible
            self.targets[floating] = fixed
        else:
            assert not is_possible

    @rule(floating=st.sampled_from(sorted(FLOATING)))
    def disassociate(self, floating: str) -> None:
        call = self.world.services.floating.disassociate
        done = self._succeeds(lambda: call(ADMIN, IPv4Address(floating)))
        assert done == (self.targets.pop(floating, None) is not None)

    @rule(floating=st.sampled_from(sorted(FLOATING)))
    def release(self, floating: str) -> None:
        call = self.world.services.floating.deallocate
        if self._succeeds(lambda: call(ADMIN, IPv4Address(floating))):
            assert floating not in self.targets
            self.owners.pop(floating, None)
        else:
            assert floating in self.targets

    @rule()
    def create_network(self) -> None:
        if len(self.vlans) < 6:
            network = self.world.network("more", size=16)
            assert network.vlan == min(set(range(100, 110)) - set(self.vlans))
            self.vlans.append(network.vlan or 0)

    @rule(index=st.integers(0, 5))
    def delete_network(self, index: int) -> None:
        if 0 < index < len(self.vlans):
            vlan = self.vlans.pop(index)
            [(uuid,)] = self.world.rows("SELECT uuid FROM networks WHERE vlan = :vlan", vlan=vlan)
            self.world.services.networks.delete(uuid=uuid)

    @invariant()
    def the_rows_are_those_of_the_model(self) -> None:
        rows = self.world.rows
        assert sorted(self.guests.values()) == sorted(
            address for (address,) in rows("SELECT address FROM fixed_ips WHERE allocated")
        )
        assert self.targets == dict(
            rows(
                "SELECT g.address, f.address FROM floating_ips g "
                "JOIN fixed_ips f ON f.id = g.fixed_ip_id"
            )
        )
        assert self.owners == dict(
            rows("SELECT address, project_id FROM floating_ips WHERE project_id IS NOT NULL")
        )

    @staticmethod
    def _succeeds(call: object) -> bool:
        assert callable(call)
        try:
            call()
        except CloudnetError:
            return False
        return True


TestCloud = pytest.mark.sqlite(Cloud.TestCase)  # the other databases are too slow for it
TestCloud.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
