"""MAC addresses: tried until the database takes one."""

from __future__ import annotations

import pytest

from cloudnet.common.errors import (
    VirtualInterfaceCreateException,
    VirtualInterfaceMacAddressException,
)
from cloudnet.controller.notify.port import NullNotifier
from cloudnet.controller.service.instances.allocation import BootRequest
from cloudnet.controller.service.instances.instances import Instances
from cloudnet.controller.service.vifs.macs import Macs
from tests.fixtures.controller.world import World, instance


def test_random_macs_bear_the_prefix_that_operators_know() -> None:
    assert Macs(5).next().startswith("fa:16:3e:")


def test_the_last_try_says_so() -> None:
    macs = Macs(2)

    macs.taken(macs.next())
    with pytest.raises(VirtualInterfaceMacAddressException):
        macs.taken(macs.next())


def test_given_macs_go_round_once_in_a_transaction() -> None:
    macs = Macs(5, ["02:00:00:00:00:01", "02:00:00:00:00:02"])

    assert [macs.next(), macs.next()] == ["02:00:00:00:00:01", "02:00:00:00:00:02"]
    with pytest.raises(VirtualInterfaceCreateException):
        macs.next()
    macs.start()
    assert macs.next() == "02:00:00:00:00:01"


def test_a_mac_that_is_taken_is_not_tried_again() -> None:
    macs = Macs(5, ["02:00:00:00:00:01", "02:00:00:00:00:02"])

    macs.taken(macs.next())
    macs.start()

    assert macs.next() == "02:00:00:00:00:02"


def test_a_collision_in_the_database_is_followed_by_another_mac(world: World) -> None:
    world.network(project="a")
    rolls = iter([b"\0\0\1", b"\0\0\1", b"\0\0\2"])  # the dice fall twice alike
    instances = Instances(
        world.services.database,
        world.settings,
        NullNotifier(),
        world.clock,
        dice=lambda size: next(rolls)[:size],
    )

    macs = [
        instances.allocate(BootRequest(instance(n), "a", "node1"))[0]["address"] for n in (1, 2)
    ]

    assert macs == ["fa:16:3e:00:00:01", "fa:16:3e:00:00:02"]


def test_dice_that_always_fall_alike_end_in_a_clear_word(world: World) -> None:
    world.network(project="a")
    instances = Instances(
        world.services.database, world.settings, NullNotifier(), world.clock, dice=bytes
    )
    instances.allocate(BootRequest(instance(1), "a", "node1"))

    with pytest.raises(VirtualInterfaceMacAddressException):
        instances.allocate(BootRequest(instance(2), "a", "node1"))
