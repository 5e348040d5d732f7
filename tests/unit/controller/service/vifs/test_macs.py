"""MAC addresses: tried until the database accepts one."""

from __future__ import annotations

import pytest

from cloudnet.common.errors import (
    VirtualInterfaceCreateException,
    VirtualInterfaceMacAddressException,
)
from cloudnet.controller.notify.port import NullNotifier
from cloudnet.controller.service.instances.allocation import BootRequest
from cloudnet.controller.service.instances.instances import Instances
from cloudnet.controller.service.vifs.macs import MacCandidates
from tests.fixtures.controller.world import World, instance


def test_random_macs_have_the_prefix_that_operators_know() -> None:
    assert MacCandidates(5).next_mac().startswith("fa:16:3e:")


def test_the_last_attempt_raises() -> None:
    macs = MacCandidates(2)

    macs.reject(macs.next_mac())
    with pytest.raises(VirtualInterfaceMacAddressException):
        macs.reject(macs.next_mac())


def test_given_macs_are_used_once_in_a_transaction() -> None:
    macs = MacCandidates(5, ["02:00:00:00:00:01", "02:00:00:00:00:02"])

    assert [macs.next_mac(), macs.next_mac()] == ["02:00:00:00:00:01", "02:00:00:00:00:02"]
    with pytest.raises(VirtualInterfaceCreateException):
        macs.next_mac()
    macs.restart()
    assert macs.next_mac() == "02:00:00:00:00:01"


def test_a_rejected_mac_is_not_tried_again() -> None:
    macs = MacCandidates(5, ["02:00:00:00:00:01", "02:00:00:00:00:02"])

    macs.reject(macs.next_mac())
    macs.restart()

    assert macs.next_mac() == "02:00:00:00:00:02"


def test_a_collision_in_the_database_is_followed_by_another_mac(world: World) -> None:
    world.network(project="a")
    rolls = iter([b"\0\0\1", b"\0\0\1", b"\0\0\2"])  # the first two are equal
    instances = Instances(
        world.services.database,
        world.settings,
        NullNotifier(),
        world.clock,
        random_bytes=lambda size: next(rolls)[:size],
    )

    macs = [
        instances.allocate(BootRequest(instance(n), "a", "node1"))[0]["address"] for n in (1, 2)
    ]

    assert macs == ["fa:16:3e:00:00:01", "fa:16:3e:00:00:02"]


def test_a_request_that_finds_no_free_mac_is_refused(world: World) -> None:
    world.network(project="a")
    instances = Instances(
        world.services.database, world.settings, NullNotifier(), world.clock, random_bytes=bytes
    )
    instances.allocate(BootRequest(instance(1), "a", "node1"))

    with pytest.raises(VirtualInterfaceMacAddressException):
        instances.allocate(BootRequest(instance(2), "a", "node1"))
