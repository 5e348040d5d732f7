"""When a VIF is active: each host that serves it has applied a revision with it."""

from __future__ import annotations

from cloudnet.controller.model.network_edit import NetworkEdit
from tests.fixtures.controller.world import World, instance


def test_a_vif_is_active_only_when_every_host_that_serves_it_has_it(world: World) -> None:
    world.network()
    world.boot(1, host="node2")

    world.sync("node2")
    assert world.info(1)[0]["active"] is False
    world.sync("node1")
    assert world.info(1)[0]["active"] is True


def test_a_vif_stays_active_while_other_guests_come(world: World) -> None:
    world.network()
    world.boot(1, host="node2")
    world.sync("node2")
    world.sync("node1")

    world.boot(2, host="node2")

    assert world.info(1)[0]["active"] is True
    assert world.info(2)[0]["active"] is False


def test_a_vif_is_active_once_a_revision_with_it_is_applied_even_if_a_newer_one_exists(
    world: World,
) -> None:
    world.network()
    world.boot(1)
    with_it = world.snapshot("node1")
    world.boot(2)

    world.report("node1", with_it)

    assert world.info(1)[0]["active"] is True
    assert world.info(2)[0]["active"] is False


def test_a_late_report_of_an_older_revision_does_not_undo_a_newer_one(world: World) -> None:
    world.network()
    world.boot(1)
    first = world.snapshot("node1")
    world.boot(2)
    world.sync("node1")

    world.boot(3)
    world.report("node1", first)

    assert world.info(2)[0]["active"] is True


def test_a_vif_that_moves_is_active_when_its_new_host_has_it(world: World) -> None:
    world.network()
    world.boot(1)
    world.boot(2, host="node2")
    world.sync("node1")
    world.sync("node2")

    world.services.instances.move(instance(1), "node2")

    assert world.info(1)[0]["active"] is False
    world.sync("node1")
    assert world.info(1)[0]["active"] is False
    world.sync("node2")
    assert world.info(1)[0]["active"] is True


def test_with_another_gateway_a_vif_is_active_when_that_serves_it(world: World) -> None:
    network = world.network()
    world.boot(1)
    world.boot(2, host="node2")
    world.sync("node1")
    world.sync("node2")

    world.services.networks.update(network.uuid, NetworkEdit(host="node2"))

    world.sync("node1")
    assert world.info(1)[0]["active"] is False
    world.sync("node2")
    assert world.info(1)[0]["active"] is True


def test_with_a_gateway_again_a_vif_is_active_when_that_serves_it(world: World) -> None:
    network = world.network()
    world.boot(1, host="node2")
    world.sync("node1")
    world.sync("node2")
    world.services.networks.disassociate(network.uuid, project=False, host=True, force=True)
    assert world.info(1)[0]["active"] is False

    world.boot(2, host="node2")

    assert world.info(1)[0]["active"] is False
    world.sync("node2")
    assert world.info(1)[0]["active"] is True
