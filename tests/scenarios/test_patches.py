"""Patches of snapshots between a controller and its agents: lost, doubled, late and forged ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.common.wire.codec import to_wire
from cloudnet.common.wire.objects import NetworkSnapshot, SnapshotPatch
from cloudnet.controller.service.caller import ADMIN
from tests.fixtures.cloud import Cloud, encode_and_decode, open_cloud
from tests.fixtures.controller.world import instance


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """A single-host network with three guests on node2; node1 is the gateway of all."""
    with open_cloud(tmp_path) as made:
        made.world.network(size=1024)
        for number in (1, 2, 3):
            made.world.boot(number, "a", "node2")
        made.drop_messages()
        made.heartbeats(2)
        yield made


def addresses(cloud: Cloud) -> list[str]:
    """Return the addresses that the gateway serves."""
    (network,) = cloud.node1.store.desired().networks
    return [str(vif.address) for vif in network.vifs]


def patches(cloud: Cloud) -> list[SnapshotPatch]:
    return [each for each in cloud.mailbox.messages if isinstance(each, SnapshotPatch)]


ALL_FOUR = ["10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]


def test_a_guest_that_is_added_or_removed_is_a_patch_for_each_host(cloud: Cloud) -> None:
    cloud.world.boot(4, "a", "node2")
    assert [patch.host for patch in patches(cloud)] == ["node1", "node2"]
    cloud.deliver()
    assert addresses(cloud) == ALL_FOUR

    cloud.world.delete(2)
    assert [patch.host for patch in patches(cloud)] == ["node1", "node2"]
    cloud.deliver()

    assert addresses(cloud) == ["10.0.0.3", "10.0.0.5", "10.0.0.6"]


def test_a_host_has_the_same_by_patches_as_by_a_complete_snapshot(cloud: Cloud) -> None:
    cloud.create_floating_ip()
    for number in (4, 5):
        cloud.world.boot(number, "a", "node2")
        cloud.deliver()
    cloud.world.services.floating.associate(
        ADMIN, IPv4Address("192.168.99.225"), IPv4Address("10.0.0.6")
    )
    cloud.deliver()
    cloud.world.delete(1)
    cloud.deliver()
    (patched,) = cloud.node1.store.desired().networks

    (complete,) = cloud.world.report("node1").stale

    assert isinstance(complete, NetworkSnapshot)
    assert patched == complete
    assert len(patched.floating_ips) == 1


def test_patches_that_come_twice_or_in_another_order_are_applied_once(cloud: Cloud) -> None:
    for number in (4, 5, 6):
        cloud.world.boot(number, "a", "node2")
    to_gateway = [n for n, each in enumerate(patches(cloud)) if each.host == "node1"]

    cloud.deliver(order=[to_gateway[n] for n in (2, 1, 1, 0, 0, 2)])

    assert addresses(cloud) == [*ALL_FOUR, "10.0.0.7", "10.0.0.8"]


def test_after_a_lost_patch_the_next_one_asks_for_the_complete_snapshot(cloud: Cloud) -> None:
    cloud.world.boot(4, "a", "node2")
    cloud.drop_messages()
    cloud.world.boot(5, "a", "node2")
    cloud.deliver()
    assert addresses(cloud) == ALL_FOUR[:3]

    cloud.node1.reporter.report()

    assert cloud.link.reports[-1].lacks == (cloud.node1.store.desired().networks[0].network,)
    assert addresses(cloud) == [*ALL_FOUR, "10.0.0.7"]
    cloud.node1.heartbeat()
    assert cloud.link.reports[-1].lacks == ()


def test_a_patch_of_another_cloud_or_branch_is_dropped(cloud: Cloud) -> None:
    cloud.world.boot(4, "a", "node2")
    (patch, _) = patches(cloud)
    assert patch.origin is not None
    cloud.drop_messages()

    for origin in (
        replace(patch.origin, cloud=instance(9)),
        replace(patch.origin, branch=instance(9)),
        None,
    ):
        forged = replace(patch, origin=origin)
        cloud.node1.endpoint.apply_patch({}, encode_and_decode(to_wire(forged)))

    assert addresses(cloud) == ALL_FOUR[:3]


@pytest.mark.parametrize(
    "change",
    [
        {"mac": "01:00:00:00:00:01"},
        {"address": "192.0.2.1"},
        {"hostname": "not a name"},
    ],
    ids=str,
)
def test_a_patch_that_makes_an_invalid_snapshot_is_dropped_and_the_complete_one_comes(
    cloud: Cloud, change: dict[str, str]
) -> None:
    cloud.world.boot(4, "a", "node2")
    wire = encode_and_decode(to_wire(patches(cloud)[0]))
    cloud.drop_messages()
    wire["vifs"][0] |= change

    cloud.node1.endpoint.apply_patch({}, wire)
    assert addresses(cloud) == ALL_FOUR[:3]
    cloud.heartbeats()

    assert addresses(cloud) == ALL_FOUR


def test_an_agent_that_restarts_goes_on_with_patches(cloud: Cloud) -> None:
    cloud.world.boot(4, "a", "node2")
    cloud.deliver()
    cloud.node1.start_agent()
    cloud.node1.heartbeat()

    cloud.world.boot(5, "a", "node2")
    cloud.deliver()

    assert addresses(cloud) == [*ALL_FOUR, "10.0.0.7"]


def test_the_first_guest_on_a_host_and_the_last_one_are_complete_snapshots(cloud: Cloud) -> None:
    cloud.world.boot(4, "a", "node1")
    assert [patch.host for patch in patches(cloud)] == ["node1"]
    cloud.drop_messages()
    for number in (1, 2):
        cloud.world.delete(number)
    cloud.drop_messages()

    cloud.world.delete(3)  # the last one on node2

    assert [patch.host for patch in patches(cloud)] == ["node1"]
    assert len(cloud.mailbox.messages) == 2


def test_a_guest_among_five_hundred_costs_less_than_eight_kilobytes(cloud: Cloud) -> None:
    for number in range(4, 501):
        cloud.world.boot(number, "a", "node1")
    cloud.drop_messages()
    cloud.heartbeats(2)

    cloud.world.boot(501, "a", "node1")

    sent = [json.dumps(to_wire(each)) for each in cloud.mailbox.messages]
    cloud.deliver()
    cloud.node1.reporter.report()
    report = cloud.link.reports[-1]
    sent.append(json.dumps(to_wire(report)))
    assert len(sent) <= 3  # and the call itself; node1 is the host of the guest and its gateway
    assert sum(map(len, sent)) < 8000
    assert len(addresses(cloud)) == 501
