"""Two agents with one host name: the first serves the host, the second changes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.cloud import Cloud, Node, open_cloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with open_cloud(tmp_path) as made:
        made.world.network(size=1024)
        made.world.boot(1, "a", "node1")
        made.drop_messages()
        made.heartbeats(2)
        yield made


def second_agent(cloud: Cloud, path: Path, my_ip: str = "172.16.99.200") -> Node:
    """An agent on another machine that was given the name of node1."""
    path.mkdir(exist_ok=True)
    return Node("node1", path, cloud.link, my_ip=my_ip)


def test_the_second_live_agent_is_refused_and_touches_no_kernel(
    cloud: Cloud, tmp_path: Path
) -> None:
    before = str(cloud)
    second = second_agent(cloud, tmp_path / "second")

    for _ in range(3):
        second.heartbeat()
        cloud.heartbeats()

    assert second.kernel.steps == []
    assert second.kernel.resources == {}
    assert str(cloud) == before
    assert "two agents report as host node1" in str(second.store.held)


def test_both_agents_are_named(cloud: Cloud, tmp_path: Path) -> None:
    second_agent(cloud, tmp_path / "second").heartbeat()
    cloud.heartbeats()

    host = cloud.world.services.overview.get_host("node1")
    (fault,) = host["faults"]
    assert "172.16.99.108" in fault["message"]
    assert "172.16.99.200" in fault["message"]
    assert host["programs"][0]["state"] == "up"


def test_a_second_agent_takes_no_casts(cloud: Cloud, tmp_path: Path) -> None:
    second = second_agent(cloud, tmp_path / "second")
    first, cloud.nodes["node1"] = cloud.nodes["node1"], second  # the broker gives it the cast
    cloud.world.boot(2, "a", "node1")

    cloud.deliver()

    assert second.kernel.resources == {}
    first.heartbeat()
    assert len(first.dhcp("br100")) == 2


def test_an_agent_that_is_moved_to_another_machine_is_served_when_the_first_is_down(
    cloud: Cloud, tmp_path: Path
) -> None:
    second = second_agent(cloud, tmp_path / "second")
    second.heartbeat()

    cloud.world.clock.pass_seconds(cloud.world.settings.service_down_seconds + 1)
    second.heartbeat()

    assert second.store.held is None
    assert len(second.dhcp("br100")) == 1


@pytest.mark.parametrize("changed", ["agent-id", "my_ip"])
def test_a_restarted_agent_is_the_same_one(cloud: Cloud, changed: str) -> None:
    node = cloud.node1
    if changed == "agent-id":
        (node.path / "agent-id").unlink()
    else:
        node.my_ip += 1
    node.start_agent()
    node.heartbeat()

    assert node.store.held is None
