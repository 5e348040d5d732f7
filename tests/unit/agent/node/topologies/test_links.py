"""The links of a network by its topology, and why a host cannot have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cloudnet.agent.node.resources.actual import Nic
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.port import Port
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.agent.node.topologies import TOPOLOGIES
from cloudnet.agent.node.topologies.links import CannotRender, Links, describe_missing
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import NetworkSnapshot, Topology
from tests.fixtures.agent.snapshots import OTHER, PRIVATE, agent_settings, network

LO = Nic("lo", "00:00:00:00:00:00", 65536)
ETH0 = Nic("eth0", "02:00:00:00:01:00", 9000)
ETH1 = Nic("eth1", "02:00:00:00:01:01", 1500)
NICS = {nic.name: nic for nic in (LO, ETH0, ETH1)}

WITHOUT_NIC = agent_settings(vlan_interface=None, flat_interface=None)
ON_ETH0 = agent_settings(vlan_interface="eth0", flat_interface="eth0")


def of(topology: Topology, **changes: Any) -> NetworkSnapshot:
    vlan: dict[str, Any] = {} if topology is Topology.VLAN else {"vlan": None}
    return network(topology=topology, **(vlan | changes))


def render(
    snapshot: NetworkSnapshot, settings: AgentSettings, nics: Mapping[str, Nic] = NICS
) -> Links | None:
    return TOPOLOGIES[snapshot.topology].render_links(snapshot, settings, nics)


def test_every_topology_is_rendered() -> None:
    assert set(TOPOLOGIES) == set(Topology)


@pytest.mark.parametrize(
    ("snapshot", "settings", "devices"),
    [
        (of(Topology.VLAN), WITHOUT_NIC, ()),
        (of(Topology.VLAN), ON_ETH0, ("eth0",)),
        (of(Topology.VLAN, bridge_interface="eth1"), WITHOUT_NIC, ("eth1",)),
        (of(Topology.VLAN, bridge_interface="eth1"), ON_ETH0, ("eth0",)),
        (of(Topology.FLATDHCP), WITHOUT_NIC, ()),
        (of(Topology.FLATDHCP, bridge_interface="eth1"), WITHOUT_NIC, ("eth1",)),
        (of(Topology.FLATDHCP, bridge_interface="eth1"), ON_ETH0, ("eth0",)),
        (of(Topology.FLAT), ON_ETH0, ("br100",)),
    ],
)
def test_a_hosts_own_option_overrides_the_nic_of_the_network(
    snapshot: NetworkSnapshot, settings: AgentSettings, devices: tuple[str, ...]
) -> None:
    assert TOPOLOGIES[snapshot.topology].required_devices(snapshot, settings) == devices


@pytest.mark.parametrize(("mtu", "used"), [(None, 9000), (1500, 1500), (9000, 9000)])
def test_a_vlan_network_is_a_bridge_with_a_vlan_device_of_its_mtu(
    mtu: int | None, used: int
) -> None:
    assert render(of(Topology.VLAN, mtu=mtu), ON_ETH0) == Links(
        Bridge("br100", PRIVATE, ETH0.mac, used),
        Vlan("vlan100", PRIVATE, "eth0", 100, used, "br100"),
    )


@pytest.mark.parametrize(("mtu", "used"), [(None, 9000), (1500, 1500)])
def test_a_flat_dhcp_network_is_a_bridge_with_the_nic_as_its_port(
    mtu: int | None, used: int
) -> None:
    assert render(of(Topology.FLATDHCP, mtu=mtu), ON_ETH0) == Links(
        Bridge("br100", PRIVATE, ETH0.mac, used), Port("eth0", "br100")
    )


@pytest.mark.parametrize(("mtu", "used"), [(None, 1500), (9000, 9000)])
def test_a_flat_dhcp_network_without_a_nic_is_on_this_host_only(mtu: int | None, used: int) -> None:
    links = render(of(Topology.FLATDHCP, mtu=mtu), WITHOUT_NIC, {})

    assert links == Links(Bridge("br100", PRIVATE, "02:00:00:00:01:00", used), None)


def test_a_mac_without_a_nic_is_another_for_each_network_and_locally_administered() -> None:
    macs = []
    for uuid in (PRIVATE, OTHER):
        links = render(network(uuid, topology=Topology.FLATDHCP, vlan=None), WITHOUT_NIC)
        assert links is not None
        macs.append(links.bridge.mac)

    assert macs == ["02:00:00:00:01:00", "02:00:00:00:01:01"]


def test_a_flat_network_adds_nothing_to_the_operators_bridge() -> None:
    nics = NICS | {"br100": Nic("br100", ETH0.mac, 1500, "bridge")}

    assert render(of(Topology.FLAT), ON_ETH0, nics) is None


@pytest.mark.parametrize(
    ("snapshot", "settings", "why"),
    [
        (
            of(Topology.VLAN),
            WITHOUT_NIC,
            "no NIC is named for its tagged frames; set vlan_interface",
        ),
        (of(Topology.VLAN, vlan=None), ON_ETH0, "it has no VLAN id; recreate the network"),
        (
            of(Topology.VLAN, bridge_interface="eth7"),
            WITHOUT_NIC,
            "NIC eth7 is not on this host; there are: eth0, eth1",
        ),
        (
            of(Topology.FLATDHCP, bridge_interface="eth7"),
            WITHOUT_NIC,
            "NIC eth7 is not on this host; there are: eth0, eth1",
        ),
        (of(Topology.FLAT), ON_ETH0, "bridge br100 is not on this host; there are: eth0, eth1"),
        (
            of(Topology.VLAN, mtu=9001),
            ON_ETH0,
            (
                "its MTU 9001 is larger than the 9000 of eth0; raise the MTU of eth0 or lower the "
                "network's"
            ),
        ),
        (
            of(Topology.FLATDHCP, mtu=1501, bridge_interface="eth1"),
            WITHOUT_NIC,
            (
                "its MTU 1501 is larger than the 1500 of eth1; raise the MTU of eth1 or lower the "
                "network's"
            ),
        ),
    ],
)
def test_what_a_host_lacks_is_named_with_the_remedy(
    snapshot: NetworkSnapshot, settings: AgentSettings, why: str
) -> None:
    with pytest.raises(CannotRender) as refused:
        render(snapshot, settings)

    assert str(refused.value) == why


def test_a_host_without_nics_has_none() -> None:
    assert describe_missing("eth0", {"lo": LO}) == ("NIC eth0 is not on this host; there are: none")
