from dataclasses import replace
from textwrap import dedent

from cloudnet.agent.node.render import Rendered, render
from cloudnet.agent.node.resources.actual import ActualState, Nic
from cloudnet.agent.node.resources.base import Resource, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.iptables_table import Table
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import Fault, NetworkSnapshot, Topology
from tests.fixtures.agent.fake_kernel import ETH0, ETH1
from tests.fixtures.agent.snapshots import (
    OTHER,
    PRIVATE,
    RANGES,
    agent_settings,
    bridged_only,
    floating,
    nat_settings,
    network,
    vif,
)


def translated(
    *networks: NetworkSnapshot,
    nics: tuple[Nic, ...] = (ETH0, ETH1),
    there: tuple[Resource, ...] = (),
    **changes: object,
) -> Rendered:
    settings: AgentSettings = agent_settings(**changes)
    found = ActualState(by_key(*there), {nic.name: nic for nic in nics})
    return render(networks, RANGES, settings, found)


def links(want: Rendered) -> str:
    """Return what is wanted but for the firewall, a line a thing."""
    return "\n".join(str(i) for i in want.resources.values() if not isinstance(i, Table))


def test_a_gateway_has_bridge_vlan_address_and_dhcp() -> None:
    assert links(translated(network(vifs=(vif(),)))) == dedent("""\
        vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)
        bridge br100 (mac 02:00:00:00:01:00, mtu 1500)
        IPv4 forwarding
        address 10.0.0.1/22 on br100
        dnsmasq br100 (guests: 1)
        lease 10.0.0.3 of fa:16:3e:00:00:03 on br100""")


def test_another_host_has_layer_two_only() -> None:
    assert links(translated(bridged_only())) == dedent("""\
        vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)
        bridge br100 (mac 02:00:00:00:01:00, mtu 1500)""")


def test_a_missing_nic_is_named_with_what_is_there_and_stops_no_other_network() -> None:
    flat = network(OTHER, topology=Topology.FLATDHCP, vlan=None, bridge="brflat")

    want = translated(network(), flat, nics=(ETH1,))

    assert want.faults == (
        Fault(PRIVATE, "private_0: NIC eth0 is not on this host; there are: eth1"),
    )
    assert want.preserved == {"br100"}
    assert "bridge brflat" in want.resources


def test_the_hosts_own_option_goes_before_the_networks_interface() -> None:
    own = translated(network(bridge_interface="eth1"))
    networks = translated(network(bridge_interface="eth1"), vlan_interface=None)

    assert [i.parent for i in own.resources.values() if isinstance(i, Vlan)] == ["eth0"]
    assert [i.parent for i in networks.resources.values() if isinstance(i, Vlan)] == ["eth1"]


def test_a_vlan_network_with_no_parent_named_anywhere_is_a_problem() -> None:
    want = translated(network(), vlan_interface=None)

    assert [fault.message for fault in want.faults] == [
        "private_0: no parent NIC is named; set vlan_interface"
    ]


def test_a_networks_mtu_goes_to_vlan_and_bridge_and_never_above_the_parents() -> None:
    small, large = translated(network(mtu=1400)), translated(network(mtu=9000))

    assert [i.mtu for i in small.resources.values() if isinstance(i, Vlan | Bridge)] == [1400, 1400]
    assert [fault.message for fault in large.faults] == [
        "private_0: its MTU 9000 is more than eth0's 1500; raise that, or lower this"
    ]


def test_floating_ips_stay_when_the_networks_own_nic_goes_away() -> None:
    want = translated(network(vifs=(vif(),), floating_ips=(floating(),)), nics=(ETH1,))

    assert want.preserved == {"br100"}
    assert "floating IP 192.168.99.225 on eth1" in want.resources


def test_a_floating_ip_without_a_nic_is_said_and_keeps_no_guest_from_its_network() -> None:
    with_floating = network(vifs=(vif(),), floating_ips=(floating(),))
    unnamed = translated(with_floating, nat=nat_settings(public_interface=None))
    absent = translated(with_floating, nics=(ETH0,))

    assert [fault.message for fault in unnamed.faults] == [
        "private_0: floating IP 192.168.99.225 has no NIC to be on; set public_interface"
    ]
    assert [fault.message for fault in absent.faults] == [
        "private_0: NIC eth1 is not on this host; there are: eth0"
    ]
    for want in (unnamed, absent):
        assert PRIVATE in want.networks
        assert "dnsmasq br100" in want.resources
        assert not any(key.startswith("floating") for key in want.resources)


def test_a_bridge_that_guests_have_not_left_yet_is_kept_apart() -> None:
    empty = Bridge("br101", OTHER, "02:00:00:00:01:00", 1500)

    held = translated(there=(replace(empty, guests=("tap1",)),))

    assert isinstance(held.resources["table filter"], Table)
    assert translated(there=(empty,)).resources == {}


def test_two_networks_with_one_bridge_name_do_not_share_it() -> None:
    twin = network(OTHER, bridge="br100", vlan=100)

    want = translated(network(), twin)

    assert [fault.network for fault in want.faults] == [OTHER]
    assert PRIVATE in want.networks


def test_a_bridge_over_nothing_has_a_mac_that_survives_restarts() -> None:
    flat = network(topology=Topology.FLATDHCP, vlan=None)

    first, again = translated(flat), translated(flat)

    assert first.resources["bridge br100"] == again.resources["bridge br100"]
    assert "mac 02:" in str(first.resources["bridge br100"])


def test_a_flat_network_needs_the_operators_bridge_and_gets_nothing_else() -> None:
    flat = network(topology=Topology.FLAT, vlan=None, host_address=None)

    there = translated(flat, nics=(ETH0, Nic("br100", "02:00:00:00:00:09", 1500, kind="bridge")))
    missing = translated(flat)

    assert links(there) == ""
    assert PRIVATE in there.networks
    assert [fault.message for fault in missing.faults] == [
        "private_0: bridge br100 is not on this host; there are: eth0, eth1"
    ]
