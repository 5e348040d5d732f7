from dataclasses import replace
from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.firewall.renderer import FirewallRenderer
from cloudnet.agent.node.render import Rendered, Renderer
from cloudnet.agent.node.resources.actual import ActualState, Nic
from cloudnet.agent.node.resources.base import Resource, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.iptables_table import Table
from cloudnet.agent.node.resources.public_address import PublicAddress
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
from tests.fixtures.agent.strategies import networks

other = network(OTHER)


def host(*nics: Nic, resources: tuple[Resource, ...] = ()) -> ActualState:
    return ActualState(by_key(*resources), {nic.name: nic for nic in nics})


HOSTS = [host(ETH0, ETH1), host(ETH0), host(ETH1), host(replace(ETH0, mtu=1400), ETH1)]


def renderer(**changes: object) -> Renderer:
    settings: AgentSettings = agent_settings(**changes)
    return Renderer(settings, FirewallRenderer(settings.nat))


def rendered(
    *networks: NetworkSnapshot,
    nics: tuple[Nic, ...] = (ETH0, ETH1),
    resources: tuple[Resource, ...] = (),
    **changes: object,
) -> Rendered:
    return renderer(**changes).render(networks, RANGES, host(*nics, resources=resources))


def faults(want: Rendered) -> list[str]:
    return [fault.line for fault in want.faults]


def links(want: Rendered) -> str:
    """Return the resources except for the firewall, one in a line."""
    return "\n".join(str(i) for i in want.resources.values() if not isinstance(i, Table))


def test_a_gateway_has_bridge_vlan_address_and_dhcp() -> None:
    assert links(rendered(network(vifs=(vif(),)))) == dedent("""\
        bridge br100 (mac 02:00:00:00:01:00, mtu 1500)
        sysctls of br100 (no IPv6, strict ARP)
        vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)
        sysctls of vlan100 (no IPv6, strict ARP)
        IPv4 forwarding
        address 10.0.0.1/22 on br100
        dnsmasq br100 (guests: 1)
        lease 10.0.0.3 of fa:16:3e:00:00:03 on br100""")


def test_another_host_has_layer_two_only() -> None:
    assert links(rendered(bridged_only())) == dedent("""\
        bridge br100 (mac 02:00:00:00:01:00, mtu 1500)
        sysctls of br100 (no IPv6, strict ARP)
        vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)
        sysctls of vlan100 (no IPv6, strict ARP)""")


def test_a_missing_nic_is_named_with_what_is_there_and_stops_no_other_network() -> None:
    flat = network(OTHER, topology=Topology.FLATDHCP, vlan=None, bridge="brflat")

    want = rendered(network(), flat, nics=(ETH1,))

    assert [fault.reported for fault in want.faults] == [
        Fault(PRIVATE, "network private_0: NIC eth0 is not on this host; there are: eth1"),
    ]
    assert want.preserved == {"br100"}
    assert "bridge brflat" in want.resources


def test_vlan_interface_overrides_the_interface_of_the_network() -> None:
    own = rendered(network(bridge_interface="eth1"))
    networks = rendered(network(bridge_interface="eth1"), vlan_interface=None)

    assert [i.parent for i in own.resources.values() if isinstance(i, Vlan)] == ["eth0"]
    assert [i.parent for i in networks.resources.values() if isinstance(i, Vlan)] == ["eth1"]


def test_a_vlan_network_without_a_nic_is_a_fault() -> None:
    want = rendered(network(), vlan_interface=None)

    assert faults(want) == [
        "network private_0: no NIC is named for its tagged frames; set vlan_interface"
    ]


def test_vlan_and_bridge_have_the_networks_mtu_unless_it_is_above_the_nics() -> None:
    small, large = rendered(network(mtu=1400)), rendered(network(mtu=9000))

    assert [i.mtu for i in small.resources.values() if isinstance(i, Vlan | Bridge)] == [1400, 1400]
    assert faults(large)[0].startswith(
        "network private_0: its MTU 9000 is larger than the 1500 of eth0; "
    )


def test_floating_ips_stay_when_the_networks_own_nic_goes_away() -> None:
    want = rendered(network(vifs=(vif(),), floating_ips=(floating(),)), nics=(ETH1,))

    assert want.preserved == {"br100"}
    assert "floating IP 192.168.99.225 on eth1" in want.resources


def test_floating_ips_without_a_nic_are_a_fault_and_do_not_affect_the_network() -> None:
    with_floating = network(vifs=(vif(),), floating_ips=(floating(),))
    unnamed = rendered(with_floating, nat=nat_settings(public_interface=None))
    absent = rendered(with_floating, nics=(ETH0,))

    assert faults(unnamed) == [
        "floating IPs of network private_0: no NIC is named for them; set public_interface"
    ]
    assert faults(absent) == [
        "floating IPs of network private_0: NIC eth1 is not on this host; there are: eth0"
    ]
    for want in (unnamed, absent):
        assert PRIVATE in want.networks
        assert "dnsmasq br100" in want.resources
        assert not any(key.startswith("floating IP") for key in want.resources)


def on_eth1() -> PublicAddress:
    return PublicAddress("eth1", floating().address)


def test_a_wrong_public_interface_takes_nothing_from_the_nic_that_has_floating_ips() -> None:
    with_floating = network(vifs=(vif(),), floating_ips=(floating(),))
    right = rendered(with_floating)

    wrong = rendered(
        with_floating, nat=nat_settings(public_interface="eth9"), resources=(on_eth1(),)
    )

    assert wrong.resources == right.resources
    assert faults(wrong) == [
        (
            "floating IPs of network private_0: NIC eth9 is not on this host; there are: eth0, "
            "eth1; eth1, which has or had them, stays the public interface; correct "
            "public_interface"
        )
    ]


def test_it_stays_until_the_configured_one_appears_or_the_former_one_is_gone() -> None:
    eth9 = replace(ETH1, name="eth9")
    made = renderer(nat=nat_settings(public_interface="eth9"))
    with_floating = network(vifs=(vif(),), floating_ips=(floating(),))
    without = network(vifs=(vif(),))

    def addresses(*nics: Nic, snapshot: NetworkSnapshot = with_floating) -> list[str]:
        want = made.render((snapshot,), RANGES, host(*nics, resources=(on_eth1(),)))
        return [key for key in want.resources if key.startswith("floating IP")]

    assert addresses(ETH0, ETH1) == ["floating IP 192.168.99.225 on eth1"]
    assert addresses(ETH0, ETH1, snapshot=without) == []
    assert len(faults(made.render((without,), RANGES, host(ETH0, ETH1)))) == 1
    assert addresses(ETH0) == []
    assert addresses(ETH0, ETH1, eth9) == ["floating IP 192.168.99.225 on eth9"]


def test_an_orphan_bridge_with_guests_stays_isolated() -> None:
    empty = Bridge("br101", OTHER, "02:00:00:00:01:00", 1500)

    held = rendered(resources=(replace(empty, guests=("tap1",)),))

    assert isinstance(held.resources["table filter"], Table)
    assert rendered(resources=(empty,)).resources == {}


def test_of_two_networks_with_one_bridge_name_the_first_gets_it() -> None:
    twin = network(OTHER, bridge="br100", vlan=100)

    want = rendered(network(), twin)

    assert [fault.network for fault in want.faults] == [OTHER]
    assert PRIVATE in want.networks
    assert want.resources == rendered(network()).resources  # no rule and no NAT mapping of the twin


def test_a_network_keeps_the_nic_that_it_has_whichever_other_network_needs_it() -> None:
    older = network(OTHER, topology=Topology.FLATDHCP, vlan=None, bridge="br-old")
    later = network(topology=Topology.FLATDHCP, vlan=None, bridge="br-new", vifs=(vif(),))
    has = tuple(rendered(older, flat_interface="eth0").resources.values())

    want = rendered(later, older, resources=has, flat_interface="eth0")

    assert later.network < older.network
    assert [fault.network for fault in want.faults] == [later.network]
    assert want.resources == {resource.key: resource for resource in has}


def test_of_two_networks_that_need_a_nic_after_a_restart_the_one_with_guests_gets_it() -> None:
    guests = network(OTHER, topology=Topology.FLATDHCP, vlan=None, bridge="br-a", vifs=(vif(),))
    empty = network(topology=Topology.FLATDHCP, vlan=None, bridge="br-b")

    want = rendered(empty, guests, flat_interface="eth0")

    assert [fault.network for fault in want.faults] == [empty.network]


def test_the_bridge_of_a_flat_network_is_not_taken_over_and_a_bridge_of_ours_not_for_flat() -> None:
    flat = network(OTHER, topology=Topology.FLAT, vlan=None, host_address=None, bridge="br100")
    operators = Nic("br100", "02:00:00:00:00:09", 1500, kind="bridge")
    ours = Bridge("br100", PRIVATE, "02:00:00:00:01:00", 1500)

    theirs = rendered(network(), flat, nics=(ETH0, ETH1, operators))
    mine = rendered(network(), flat, resources=(ours,))

    assert [fault.network for fault in theirs.faults] == [PRIVATE]
    assert [fault.network for fault in mine.faults] == [OTHER]


def test_what_has_the_bridges_name_and_is_the_operators_gets_no_rule() -> None:
    own = Nic("br100", "02:00:00:00:00:09", 1500, kind="bridge", ports=("eth2",))
    nic = replace(own, kind=None, ports=())
    guests = replace(own, ports=("vlan100",))

    assert rendered(network(), nics=(ETH0, ETH1, own)).resources == {}
    assert rendered(network(), nics=(ETH0, ETH1, nic)).resources == {}
    assert rendered(network(), nics=(ETH0, ETH1, guests)).faults == ()


def test_a_bridge_with_guests_of_another_network_stays_isolated_and_is_not_taken_over() -> None:
    held = Bridge("br100", OTHER, "02:00:00:00:01:00", 1500, guests=("tap1",))

    want = rendered(network(), resources=(held,))

    assert [fault.network for fault in want.faults] == [PRIVATE]
    assert want.preserved == {"br100"}
    assert want.resources.keys() == {"table filter"}


def test_a_bridge_over_nothing_has_a_mac_that_survives_restarts() -> None:
    flat = network(topology=Topology.FLATDHCP, vlan=None)

    first, again = rendered(flat), rendered(flat)

    assert first.resources["bridge br100"] == again.resources["bridge br100"]
    assert "mac 02:" in str(first.resources["bridge br100"])


def test_a_flat_network_needs_the_operators_bridge_and_nothing_else() -> None:
    flat = network(topology=Topology.FLAT, vlan=None, host_address=None)

    there = rendered(flat, nics=(ETH0, Nic("br100", "02:00:00:00:00:09", 1500)))
    missing = rendered(flat)

    assert links(there) == ""
    assert PRIVATE in there.networks
    assert faults(missing) == [
        "network private_0: bridge br100 is not on this host; there are: eth0, eth1"
    ]


# -- the cache -------------------------------------------------------------------------------------


def test_only_the_network_that_changed_is_rendered_again() -> None:
    renders = renderer()
    first = renders.render([network(vifs=(vif(),)), other], RANGES, host(ETH0, ETH1))

    changed = network(revision=2, vifs=(vif(), vif(4, "10.0.0.4")))
    second = renders.render([changed, other], RANGES, host(ETH0, ETH1))

    assert second.networks[OTHER] is first.networks[OTHER]
    assert str(second.resources["dnsmasq br100"]) == "dnsmasq br100 (guests: 2)"


def test_a_network_is_rendered_again_when_a_nic_that_it_needs_changes() -> None:
    renders = renderer()
    private = network()
    renders.render([private], RANGES, host(ETH0, ETH1))

    jumbo = renders.render([private], RANGES, host(replace(ETH0, mtu=9000), ETH1))
    absent = renders.render([private], RANGES, host(ETH1))

    assert str(jumbo.resources["bridge br100"]).endswith("mtu 9000)")
    assert faults(absent) == ["network private_0: NIC eth0 is not on this host; there are: eth1"]


def test_a_network_is_not_rendered_again_when_another_nic_changes() -> None:
    renders = renderer()
    private = network()

    first = renders.render([private], RANGES, host(ETH0, ETH1))
    second = renders.render([private], RANGES, host(ETH0, replace(ETH1, mtu=9000)))

    assert second.networks[PRIVATE] is first.networks[PRIVATE]


def test_a_fault_that_names_the_nics_of_the_host_changes_with_them() -> None:
    renders = renderer()
    private = network()
    renders.render([private], RANGES, host(ETH1))

    want = renders.render([private], RANGES, host(ETH1, replace(ETH1, name="eth2")))

    assert faults(want) == [
        "network private_0: NIC eth0 is not on this host; there are: eth1, eth2"
    ]


@given(st.lists(st.tuples(networks, st.sampled_from(HOSTS)), max_size=4))
def test_a_renderer_that_has_rendered_before_renders_as_a_new_one(
    passes: list[tuple[list[NetworkSnapshot], ActualState]],
) -> None:
    renders = renderer()
    for snapshots, actual in passes:
        want = renders.render(snapshots, RANGES, actual)

        assert want == renderer().render(snapshots, RANGES, actual)
