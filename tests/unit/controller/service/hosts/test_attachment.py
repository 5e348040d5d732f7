"""Attaching networks to hosts: which host becomes the gateway, and at which address."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudnet.common.errors import (
    NoMoreFixedIps,
)
from tests.fixtures.controller.world import (
    a_world,
    flat_settings,
    multi_host_settings,
)


def test_in_multi_host_mode_each_host_takes_one_address_for_itself(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network()

        assert world.address(1, host="node1") == "10.0.0.4"
        assert world.address(2, host="node2") == "10.0.0.6"
        assert world.address(3, host="node1") == "10.0.0.7"

        assert world.rows("SELECT host, address FROM fixed_ips WHERE host IS NOT NULL") == [
            ("node1", "10.0.0.3"),
            ("node2", "10.0.0.5"),
        ]


def test_a_full_network_has_no_room_for_another_hosts_gateway(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network(size=8)
        for number in range(3):
            world.boot(number, host="node1")

        with pytest.raises(NoMoreFixedIps, match="gateway on host node2"):
            world.boot(9, host="node2")

        assert world.rows("SELECT DISTINCT host FROM host_changes") == [("node1",)]


def test_the_first_host_used_becomes_the_gateway_unless_one_is_named(tmp_path: Path) -> None:
    with a_world(tmp_path, flat_settings()) as world:
        named = world.network("named", host="node9")
        world.services.networks.disassociate(named.uuid, project=False, host=True)

        world.boot(1, host="node2")
        world.boot(2, host="node3")

        assert world.services.networks.get_network(named.uuid).host == "node2"
