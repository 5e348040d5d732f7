from __future__ import annotations

import pytest

from cloudnet.common.errors import (
    VirtualInterfaceCreateException,
    VirtualInterfaceMacAddressException,
)
from cloudnet.controller.service import macs as module
from cloudnet.controller.service.macs import Macs
from tests.unit.controller.world import World


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


def test_a_collision_in_the_database_is_followed_by_another_mac(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.network()
    rolls = iter([b"\0\0\1", b"\0\0\1", b"\0\0\2"])  # the dice fall twice alike
    monkeypatch.setattr(module.secrets, "token_bytes", lambda _: next(rolls))

    world.boot(1)

    assert world.boot(2)[0]["address"] == "fa:16:3e:00:00:02"
