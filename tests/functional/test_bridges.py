"""Bridges of networks, on a real kernel."""

from dataclasses import replace

import pytest

from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.common.errors import KernelRefused
from tests.fixtures.agent.host import Host

BRIDGE = Bridge("br100", "11111111-1111-1111-1111-111111111111", "fa:16:3e:00:01:00", 1500)


def test_a_bridge_is_created_as_desired_and_read_back(host: Host) -> None:
    host.kernel.ensure(BRIDGE)

    assert host.has(BRIDGE)
    details = host.sh("ip -d link show br100")
    assert "UP" in details
    assert "stp_state 0" in details
    assert "forward_delay 0" in details
    assert "alias cloudnet:11111111-1111-1111-1111-111111111111" in details


def test_ensuring_it_again_changes_nothing(host: Host) -> None:
    host.kernel.ensure(BRIDGE)

    with host.quiet():
        host.kernel.ensure(BRIDGE)


@pytest.mark.parametrize(
    "disturbance",
    [
        "ip link set br100 down",
        "ip link set br100 address fa:16:3e:99:99:99",
        "ip link set br100 mtu 1400",
        "ip link set br100 type bridge stp_state 1",
        "ip link set br100 type bridge forward_delay 1500",
        "ip link delete br100",
    ],
)
def test_drift_of_a_bridge_is_read_and_repaired(host: Host, disturbance: str) -> None:
    host.kernel.ensure(BRIDGE)
    host.sh(disturbance)

    assert not host.has(BRIDGE)
    host.kernel.ensure(BRIDGE)

    assert host.has(BRIDGE)


def test_a_bridge_is_changed_in_place_and_its_guests_stay(host: Host) -> None:
    host.kernel.ensure(BRIDGE)
    host.sh("ip tuntap add tap1 mode tap; ip link set tap1 master br100")
    index = host.sh("cat /proc/net/if_inet6; ip -o link show br100").split()[0]

    host.kernel.ensure(replace(BRIDGE, mtu=1450, mac="fa:16:3e:00:01:01"))

    assert host.has(replace(BRIDGE, mtu=1450, mac="fa:16:3e:00:01:01"))
    assert host.sh("cat /proc/net/if_inet6; ip -o link show br100").split()[0] == index
    assert "master br100" in host.sh("ip link show tap1")


def test_a_port_with_a_smaller_mtu_or_a_lower_mac_changes_nothing_of_the_bridge(
    host: Host,
) -> None:
    host.kernel.ensure(BRIDGE)

    host.sh(
        "ip link add tap1 mtu 1300 address 02:00:00:00:00:01 type veth peer name far;"
        "ip link set tap1 master br100 up; ip link set far up"
    )

    assert host.has(BRIDGE)


def test_guests_are_the_ports_that_cloudnet_did_not_put_in(host: Host) -> None:
    host.kernel.ensure(BRIDGE)
    host.sh("ip tuntap add tap1 mode tap; ip link set tap1 master br100")

    found = host.resources()[BRIDGE.key]

    assert isinstance(found, Bridge)
    assert found.guests == ("tap1",)


def test_a_bridge_with_a_guest_is_not_removed(host: Host) -> None:
    host.kernel.ensure(BRIDGE)
    host.sh("ip tuntap add tap1 mode tap; ip link set tap1 master br100")

    with pytest.raises(KernelRefused, match="br100 still has tap1"):
        host.kernel.remove(BRIDGE)

    assert host.has(BRIDGE)


def test_a_removed_bridge_is_gone_and_removing_it_again_is_fine(host: Host) -> None:
    host.kernel.ensure(BRIDGE)

    host.kernel.remove(BRIDGE)
    host.kernel.remove(BRIDGE)

    assert host.resources() == {}


def test_a_bridge_without_a_network_is_adopted(host: Host) -> None:
    host.sh("ip link add br100 type bridge")

    assert BRIDGE.key not in host.resources()
    host.kernel.ensure(BRIDGE)

    assert host.has(BRIDGE)


def test_nova_networks_bridge_is_adopted_with_its_guests(host: Host) -> None:
    host.sh(
        "ip link add br100 type bridge; ip link set br100 up; ip tuntap add vnet0 mode tap;"
        "ip link set vnet0 master br100; ip address add 10.0.0.1/24 dev br100"
    )

    host.kernel.ensure(BRIDGE)

    assert host.has(BRIDGE)
    assert "master br100" in host.sh("ip link show vnet0")
    assert "10.0.0.1/24" in host.sh("ip address show br100")


def test_a_bridge_with_a_foreign_port_is_refused_and_not_changed(host: Host) -> None:
    host.sh("ip link add br100 type bridge; ip link add eth2 type vxlan id 1 dstport 4789")
    host.sh("ip link set eth2 master br100")

    with host.quiet(), pytest.raises(KernelRefused) as refused:
        host.kernel.ensure(BRIDGE)

    assert str(refused.value) == (
        "bridge br100 exists, is not cloudnet's and has eth2; take them out "
        "(ip link set eth2 nomaster), or give the network another bridge"
    )


def test_a_link_of_that_name_that_is_no_bridge_is_refused(host: Host) -> None:
    host.nic("br100")

    with pytest.raises(KernelRefused, match="br100 exists and is no bridge but veth"):
        host.kernel.ensure(BRIDGE)


def test_the_bridge_of_another_network_is_adopted_only_without_guests(host: Host) -> None:
    other = replace(BRIDGE, network="22222222-2222-2222-2222-222222222222")
    host.kernel.ensure(BRIDGE)
    host.sh("ip tuntap add tap1 mode tap; ip link set tap1 master br100")

    with pytest.raises(KernelRefused, match="still has tap1 of network 11111111-"):
        host.kernel.ensure(other)
    host.sh("ip link delete tap1")
    host.kernel.ensure(other)

    assert host.has(other)


def test_a_bridge_of_the_operators_is_not_removed(host: Host) -> None:
    host.sh("ip link add br100 type bridge")

    host.kernel.remove(BRIDGE)

    assert "br100" in host.sh("ip link")
    assert "br100" in host.kernel.read().nics
