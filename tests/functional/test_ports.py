"""An operator's NIC in a flat network's bridge, on a real kernel."""

import pytest

from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.port import Port
from cloudnet.common.errors import KernelRefused
from tests.fixtures.agent.host import Host

BRIDGE = Bridge("br100", "11111111-1111-1111-1111-111111111111", "fa:16:3e:00:01:00", 1500)
PORT = Port("eth2", "br100")


@pytest.fixture
def flat(host: Host) -> Host:
    """A host with a spare NIC and the bridge of a flat network."""
    host.nic("eth2")
    host.kernel.ensure(BRIDGE)
    return host


def test_a_nic_is_put_in_read_back_by_a_new_agent_and_is_no_guest(flat: Host) -> None:
    flat.kernel.ensure(PORT)

    flat.restart_the_agent()
    assert flat.has(PORT)
    found = flat.resources()[BRIDGE.key]
    assert isinstance(found, Bridge)
    assert found.guests == ()
    assert "master br100" in flat.sh("ip link show eth2")


def test_ensuring_it_again_changes_nothing(flat: Host) -> None:
    flat.kernel.ensure(PORT)

    with flat.quiet():
        flat.kernel.ensure(PORT)


@pytest.mark.parametrize(
    "disturbance",
    [
        "ip link set eth2 nomaster",
        "ip link set eth2 down",
        "ip link property del dev eth2 altname cloudnet-br100",
        "ip link add br7 type bridge; ip link set eth2 nomaster; ip link set eth2 down",
    ],
)
def test_drift_of_a_port_is_read_and_repaired(flat: Host, disturbance: str) -> None:
    flat.kernel.ensure(PORT)
    flat.sh(disturbance)

    assert not flat.has(PORT)
    flat.kernel.ensure(PORT)

    assert flat.has(PORT)


def test_a_removed_port_is_as_it_was_before(flat: Host) -> None:
    before = flat.sh("ip link show eth2")
    flat.kernel.ensure(PORT)

    flat.kernel.remove(PORT)
    flat.kernel.remove(PORT)

    assert flat.sh("ip link show eth2") == before


def test_a_nic_with_addresses_of_its_own_is_refused(flat: Host) -> None:
    flat.sh("ip address add 192.0.2.4/24 dev eth2")

    with flat.quiet(), pytest.raises(KernelRefused) as refused:
        flat.kernel.ensure(PORT)

    assert str(refused.value) == (
        "eth2 carries 192.0.2.4/24, which would be cut off in bridge br100; move them elsewhere, "
        "or set flat_interface to another NIC"
    )


@pytest.mark.parametrize(
    ("route", "named"),
    [
        ("198.51.100.0/24 dev eth2", "198.51.100.0/24"),
        ("0.0.0.0/0 via inet6 fe80::1 dev eth2", "0.0.0.0/0"),
        (
            "0.0.0.0/0 nexthop via inet6 fe80::1 dev eth2 nexthop via inet6 fe80::2 dev eth3",
            "0.0.0.0/0",
        ),
    ],
)
def test_a_nic_by_which_the_host_reaches_others_without_an_address_on_it_is_refused(
    flat: Host, route: str, named: str
) -> None:
    flat.nic("eth3")
    flat.sh(f"ip address add 203.0.113.5/32 dev lo; ip route add {route}")

    with flat.quiet(), pytest.raises(KernelRefused) as refused:
        flat.kernel.ensure(PORT)

    assert str(refused.value) == (
        f"eth2 carries the route to {named}, which would be cut off in bridge br100; move them "
        "elsewhere, or set flat_interface to another NIC"
    )
    flat.sh("ip -4 route flush table main")
    flat.kernel.ensure(PORT)
    assert flat.has(PORT)


def test_a_nic_in_another_bridge_is_refused(flat: Host) -> None:
    flat.sh("ip link add br7 type bridge; ip link set eth2 master br7")

    with flat.quiet(), pytest.raises(KernelRefused, match="eth2 is in another bridge or bond"):
        flat.kernel.ensure(PORT)


def test_the_error_about_a_missing_nic_names_those_that_exist(flat: Host) -> None:
    with pytest.raises(KernelRefused) as refused:
        flat.kernel.ensure(Port("eth9", "br100"))

    assert str(refused.value) == (
        "there is no NIC eth9; there are: eth2, eth2-far; set flat_interface to one of them"
    )


def test_a_nic_that_moves_to_another_network_has_one_mark(flat: Host) -> None:
    other = Bridge("br101", "22222222-2222-2222-2222-222222222222", "fa:16:3e:00:01:01", 1500)
    flat.kernel.ensure(PORT)
    flat.kernel.ensure(other)
    flat.kernel.remove(PORT)

    flat.kernel.ensure(Port("eth2", "br101"))

    assert flat.has(Port("eth2", "br101"))
    assert flat.sh("ip link show eth2").count("altname") == 1
