"""Whatever is edited between boots: what the network needs is reserved, and no guest has it.

Each example is a story on a network of its own, and what must always be true is checked after each
step.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from cloudnet.common.errors import CloudnetError
from cloudnet.controller.model.network_edit import NetworkEdit
from tests.fixtures.controller.world import World, a_world

FIRST = IPv4Address("10.0.0.0")
positions = st.integers(0, 40)
steps = st.one_of(
    st.tuples(st.just("boot"), st.integers(0, 9)),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("gateway"), positions),
    st.tuples(st.just("dhcp_server"), positions),
    st.tuples(st.just("clear"), st.just(0)),
    st.tuples(st.just("widen"), st.integers(26, 28)),
    st.tuples(st.just("reserve"), positions),
    st.tuples(st.just("unreserve"), positions),
    st.tuples(st.just("wait"), st.just(0)),
)


def make_edit(what: str, value: int) -> NetworkEdit | None:
    match what:
        case "gateway":
            return NetworkEdit(gateway=FIRST + value)
        case "dhcp_server":
            return NetworkEdit(dhcp_server=FIRST + value)
        case "clear":
            return NetworkEdit(clear=frozenset({"dhcp_server"}))
        case "widen":
            return NetworkEdit(cidr=IPv4Network((FIRST, value)))
    return None


def take_step(world: World, uuid: str, what: str, value: int) -> None:
    """Do one step; a refusal is as good as a success."""
    edit = make_edit(what, value)
    with suppress(CloudnetError):
        if edit is not None:
            world.services.networks.update(uuid, edit)
        elif what == "boot":
            world.boot(value)
        elif what == "delete":
            world.delete(value)
        elif what == "reserve":
            world.services.fixed.reserve(FIRST + value)
        elif what == "unreserve":
            world.services.fixed.unreserve(FIRST + value)
        else:
            world.end_quarantine()


def check(world: World, uuid: str) -> None:
    network = world.services.networks.get_network(uuid)
    rows = {row.address: row for row in world.services.fixed.list_fixed_ips()}
    own = {address for address in network.own_addresses if address is not None}

    assert own <= set(network.cidr)
    assert all(rows[address].reserved for address in own)
    assert all(row.address in network.cidr for row in rows.values())
    assert not [row for row in rows.values() if row.reserved and row.instance_uuid]
    assert 0 < network.pool_start <= network.pool_end < network.cidr.num_addresses - 1
    assert network.cidr[network.pool_end] == network.dhcp_end


@settings(max_examples=25)
@given(st.lists(steps, min_size=4, max_size=15))
def test_the_addresses_that_a_network_needs_are_reserved_after_every_step(
    story: list[tuple[str, int]],
) -> None:
    with TemporaryDirectory() as folder, a_world(Path(folder)) as world:
        uuid = world.network(project="a").uuid
        for what, value in story:
            take_step(world, uuid, what, value)
            check(world, uuid)
