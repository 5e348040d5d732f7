"""VLAN devices (802.1Q), on a kernel that has them."""

import socket
from dataclasses import replace

import pytest

from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.common.errors import KernelRefused
from tests.fixtures.agent.host import Host

UUID = "11111111-1111-1111-1111-111111111111"
BRIDGE = Bridge("br100", UUID, "fa:16:3e:00:01:00", 1500)
VLAN = Vlan("vlan100", UUID, "eth0", 100, 1500, "br100")

HALF = "ip link add link eth0 name vlan100 type vlan id 100"

pytestmark = pytest.mark.vlan


@pytest.fixture
def trunk(host: Host) -> Host:
    """A host with a trunk and the bridge of a network."""
    host.nic("eth0")
    host.kernel.ensure(BRIDGE)
    return host


def test_a_device_is_created_as_desired_and_read_back_by_a_new_agent(trunk: Host) -> None:
    trunk.kernel.ensure(VLAN)

    trunk.restart_the_agent()
    assert trunk.has(VLAN)
    details = trunk.sh("ip -d link show vlan100")
    assert "vlan100@eth0" in details
    assert "vlan protocol 802.1Q id 100" in details
    assert "master br100" in details
    assert f"alias cloudnet:{UUID}" in details
    assert ",UP" in details


def test_it_is_no_guest_of_its_bridge(trunk: Host) -> None:
    trunk.kernel.ensure(VLAN)

    found = trunk.resources()[BRIDGE.key]

    assert isinstance(found, Bridge)
    assert found.guests == ()
    assert trunk.has(BRIDGE)
    assert "vlan100" not in trunk.kernel.read().nics


def test_ensuring_it_again_changes_nothing(trunk: Host) -> None:
    trunk.kernel.ensure(VLAN)

    with trunk.quiet():
        trunk.kernel.ensure(VLAN)


@pytest.mark.parametrize(
    "disturbance",
    [
        "ip link set vlan100 down",
        "ip link set vlan100 mtu 1400",
        "ip link set vlan100 nomaster",
        "ip link add br7 type bridge; ip link set vlan100 master br7",
        "ip link delete vlan100",
    ],
)
def test_drift_of_a_device_is_read_and_repaired(trunk: Host, disturbance: str) -> None:
    trunk.kernel.ensure(VLAN)
    trunk.sh(disturbance)

    assert not trunk.has(VLAN)
    trunk.kernel.ensure(VLAN)

    assert trunk.has(VLAN)


def test_a_smaller_mtu_is_set_in_place(trunk: Host) -> None:
    trunk.kernel.ensure(VLAN)
    index = trunk.sh("ip -o link show vlan100").split(":")[0]

    trunk.kernel.ensure(replace(VLAN, mtu=1450))

    assert trunk.has(replace(VLAN, mtu=1450))
    assert trunk.sh("ip -o link show vlan100").split(":")[0] == index


@pytest.mark.parametrize("change", [{"tag": 200}, {"parent": "eth1"}])
def test_another_tag_or_parent_needs_a_new_one(trunk: Host, change: dict[str, object]) -> None:
    trunk.nic("eth1")
    trunk.kernel.ensure(VLAN)
    changed = replace(VLAN, **change)  # type: ignore[arg-type]  # one field of either type

    trunk.kernel.ensure(changed)

    assert trunk.has(changed)


@pytest.mark.parametrize(
    ("obstacle", "error"),
    [
        ("ip link set eth1 down", "vlan100 stays down because its NIC eth1 is;"),
        ("ip link set eth1 mtu 1400", "eth1 has MTU 1400"),
        ("ip link add link eth1 name mine type vlan id 100", "tag 100 on eth1 exists as mine,"),
    ],
)
def test_the_old_one_stays_while_a_new_one_cannot_be_created(
    trunk: Host, obstacle: str, error: str
) -> None:
    trunk.nic("eth1")
    trunk.kernel.ensure(VLAN)
    trunk.sh(obstacle)

    with pytest.raises(KernelRefused, match=error):
        trunk.kernel.ensure(replace(VLAN, parent="eth1"))

    assert trunk.has(VLAN)
    assert "cn-try-100" not in trunk.sh("ip link")


def test_what_an_agent_left_that_was_ended_in_a_trial_is_removed(trunk: Host) -> None:
    trunk.sh("ip link add link eth0 name cn-try-100 type vlan id 100")

    trunk.kernel.ensure(VLAN)

    assert trunk.has(VLAN)
    assert "cn-try-100" not in trunk.sh("ip link")


@pytest.mark.parametrize(
    "half",
    [
        HALF,
        f"{HALF}; ip link set vlan100 master br100 up",
    ],
)
def test_a_device_without_a_network_is_adopted(trunk: Host, half: str) -> None:
    trunk.sh(half)

    trunk.kernel.ensure(BRIDGE)
    trunk.kernel.ensure(VLAN)

    assert trunk.has(VLAN)
    assert trunk.has(BRIDGE)


def test_removed_it_is_gone_and_its_parent_is_as_before(trunk: Host) -> None:
    before = trunk.sh("ip link show eth0")
    trunk.kernel.ensure(VLAN)

    for _ in range(2):
        trunk.kernel.remove(VLAN)

    assert trunk.sh("ip link show eth0") == before
    assert VLAN.key not in trunk.resources()


def test_the_error_about_a_missing_parent_names_the_nics_that_exist(trunk: Host) -> None:
    with pytest.raises(KernelRefused) as refused:
        trunk.kernel.ensure(replace(VLAN, parent="eth9"))

    assert str(refused.value) == (
        "vlan100 needs eth9, which does not exist; there are: eth0, eth0-far; "
        "set vlan_interface to one of them"
    )


def test_the_error_about_a_parent_that_is_down_names_it_and_it_stays_down(trunk: Host) -> None:
    trunk.sh("ip link set eth0 down")

    for _ in range(2):
        with pytest.raises(KernelRefused) as refused:
            trunk.kernel.ensure(VLAN)
        assert str(refused.value) == (
            "vlan100 stays down because its NIC eth0 is; bring that up (ip link set eth0 up)"
        )
    assert not trunk.has(VLAN)
    trunk.sh("ip link set eth0 up")
    trunk.kernel.ensure(VLAN)

    assert trunk.has(VLAN)


def test_a_device_is_as_desired_after_its_parent_went_down_and_up(trunk: Host) -> None:
    trunk.kernel.ensure(VLAN)

    trunk.sh("ip link set eth0 down")
    assert not trunk.has(VLAN)
    trunk.sh("ip link set eth0 up")

    assert trunk.has(VLAN)


def test_an_mtu_above_the_parents_is_one_line(trunk: Host) -> None:
    with pytest.raises(KernelRefused) as refused:
        trunk.kernel.ensure(replace(VLAN, mtu=9000))

    assert "eth0 has MTU 1500" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("existing", "error"),
    [
        (
            "ip link add link eth0 name eth0.100 type vlan id 100",
            "tag 100 on eth0 exists as eth0.100, which is not cloudnet's",
        ),
        (
            "ip link add link eth0 name vlan100 type vlan id 7",
            "vlan100 exists, is not cloudnet's and is not tag 100 on eth0",
        ),
        (
            "ip link add vlan100 type bridge",
            "vlan100 exists, is not cloudnet's and is not tag 100 on eth0",
        ),
        (
            f"{HALF}; ip address add 192.0.2.1/24 dev vlan100",
            "vlan100 exists, is not cloudnet's and carries addresses",
        ),
        (
            f"{HALF}; ip link add brprod type bridge; ip link set vlan100 master brprod",
            "vlan100 exists, is not cloudnet's and is in another bridge",
        ),
    ],
)
def test_a_device_of_the_operators_is_refused_and_not_changed(
    trunk: Host, existing: str, error: str
) -> None:
    trunk.sh(existing)

    with trunk.quiet(), pytest.raises(KernelRefused, match=error):
        trunk.kernel.ensure(VLAN)


def test_tagged_frames_come_out_of_the_parent(trunk: Host) -> None:
    trunk.kernel.ensure(VLAN)
    trunk.sh("ip link add far100 link eth0-far type vlan id 100; ip link set far100 up")
    trunk.sh("ip link add tap1 type veth peer name g1; ip link set tap1 master br100 up")
    trunk.sh("ip link set g1 up")
    frame = bytes.fromhex("ffffffffffff fa163e000003 88b5") + bytes(50)
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5)) as far,
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as near,
    ):
        far.bind(("far100", 0x88B5))
        far.settimeout(2)
        near.bind(("g1", 0))

        near.send(frame)

        assert far.recv(2048) == frame
