"""Hosts that an operator disables, drains and forgets."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.errors import HostDisabled, HostInUse, HostNotFound
from cloudnet.common.wire.objects import Report, ReportedRange
from cloudnet.controller.db.tables import metadata
from cloudnet.controller.model.network_edit import NetworkEdit
from cloudnet.controller.service.hosts.snapshots import SnapshotReader
from tests.fixtures.controller.world import a_world, flat_settings, instance, multi_host_settings

RECORDS = {"address_history", "operation_log"}  # of the past: they keep a host's name


def test_a_disabled_host_gets_no_new_guest_and_keeps_the_ones_that_it_has(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network()
        world.report("node1")
        first = world.boot(1, host="node1")
        world.services.administration.disable("node1", "new memory")

        with pytest.raises(HostDisabled, match=r"host node1 is disabled \(new memory\)"):
            world.boot(2, host="node1")

        assert world.boot(1, host="node1") == first
        assert world.rows("SELECT uuid FROM instances") == [(instance(1),)]
        world.services.administration.enable("node1")
        world.boot(2, host="node1")


def test_no_instance_and_no_gateway_is_moved_to_a_disabled_host(tmp_path: Path) -> None:
    with a_world(tmp_path, flat_settings()) as world:
        network = world.network()
        world.report("node2")
        world.boot(1, host="node1")
        world.services.administration.disable("node2", None)

        with pytest.raises(HostDisabled, match="no reason given"):
            world.boot(1, host="node2")
        with pytest.raises(HostDisabled):
            world.services.networks.update(network.uuid, NetworkEdit(host="node2"))


def test_a_host_is_disabled_only_if_something_names_it(tmp_path: Path) -> None:
    with a_world(tmp_path) as world, pytest.raises(HostNotFound, match="node9 has never reported"):
        world.services.administration.disable("node9", None)


def test_a_host_can_be_disabled_before_its_first_report(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network()
        world.boot(1, host="node1")

        world.services.administration.disable("node1", "new memory")

        [row] = world.services.overview.list_hosts()
        assert (row["state"], row["disabled"]) == ("never reported", "new memory")
        assert SnapshotReader(world.services.database).list_agent_hosts() == []
        with pytest.raises(HostDisabled, match=r"disabled \(new memory\)"):
            world.boot(2, host="node1")
        [line] = world.services.overview.explain_host("node1")
        assert line.startswith("host node1 has never reported; known: none")
        world.report("node1")
        [row] = world.services.overview.list_hosts()
        assert (row["state"], row["disabled"]) == ("up", "new memory")


def test_nothing_is_left_of_a_host_that_was_disabled_and_never_reported(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network()
        world.boot(1, host="node1")
        world.services.administration.disable("node1", None)
        assert world.services.hosts.note_restore(60) == ["node1"]

        world.services.administration.enable("node1")

        assert world.rows("SELECT host FROM services") == []


def test_draining_lists_guests_and_gateways_with_the_way_to_move_them(tmp_path: Path) -> None:
    with a_world(tmp_path, flat_settings()) as world:
        network = world.network()
        world.report("node1")
        world.boot(1, host="node1")

        uses = world.services.administration.drain("node1", None)

        assert [(use.kind, use.network, str(use.address)) for use in uses] == [
            ("guest", "private", "10.0.0.2"),
            ("gateway", "private", "10.0.0.1"),
        ]
        assert uses[1].remedy == f"`cloudnet-manage network set {network.uuid} --host HOST`"
        assert world.rows("SELECT disabled, disabled_reason FROM services") == [(1, "drained")]


def test_draining_keeps_the_reason_for_which_a_host_was_disabled(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        world.report("node1")
        world.services.administration.disable("node1", "new memory")
        world.services.administration.drain("node1", None)

        assert world.one("SELECT disabled_reason FROM services") == "new memory"


def test_a_host_with_guests_or_with_a_running_agent_is_not_forgotten(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network()
        world.report("node1")
        world.boot(1, host="node1")

        with pytest.raises(HostInUse, match="the agent of host node1 reported 0 s ago"):
            world.services.administration.forget("node1")
        world.clock.pass_seconds(3600)
        with pytest.raises(HostInUse, match=f"guest {instance(1)}: migrate or delete"):
            world.services.administration.forget("node1")


def test_nothing_is_left_of_a_host_that_is_forgotten(tmp_path: Path) -> None:
    with a_world(tmp_path, multi_host_settings()) as world:
        world.network()
        mine = ReportedRange("eth1", IPv4Network("192.0.2.0/24"), IPv4Address("192.0.2.9"))
        world.services.hosts.process_report(Report("node1", (), ranges=(mine,)))
        world.boot(1, host="node1")
        world.delete(1)
        world.clock.pass_seconds(3600)
        world.services.sweeper.sweep()

        freed = world.services.administration.forget("node1")

        assert freed == [IPv4Address("10.0.0.3")]
        assert world.services.overview.list_hosts() == []
        for table in metadata.tables.values():
            if "host" in table.columns and table.name not in RECORDS:
                assert world.rows(f"SELECT host FROM {table.name} WHERE host = 'node1'") == []  # noqa: S608
        assert world.rows("SELECT event FROM address_history ORDER BY id DESC LIMIT 1") == [
            ("gateway freed",)
        ]
        with pytest.raises(HostNotFound, match="nothing is known about host node1"):
            world.services.administration.forget("node1")
