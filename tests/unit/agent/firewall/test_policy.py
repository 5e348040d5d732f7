from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest

from cloudnet.agent.firewall.policy import HostPolicy, Policy, PolicyBuilder
from cloudnet.common.settings.views import NatSettings
from cloudnet.common.wire.objects import FixedRanges, NetworkSnapshot, Topology
from tests.fixtures.agent.snapshots import (
    OTHER,
    RANGES,
    bridged_only,
    floating,
    nat_settings,
    network,
    vif,
)


def built(*networks: NetworkSnapshot, settings: NatSettings | None = None) -> Policy:
    return PolicyBuilder(settings or nat_settings()).build(networks, RANGES)


def test_the_host_part_comes_from_the_settings() -> None:
    zones = (IPv4Network("10.128.0.0/24"),)

    policy = built(settings=nat_settings(dmz_cidr=zones, drop_action="REJECT"))

    assert policy.host == HostPolicy(
        permitted_zones=zones,
        routed_ranges=(),
        services=(),
        metadata_address=IPv4Address("172.16.99.108"),
        metadata_port=8775,
        public_interface="eth1",
        snat_address=IPv4Address("192.168.99.108"),
        refusal="REJECT",
    )


def test_a_gateway_routes_serves_and_translates() -> None:
    (policy,) = built(network(floating_ips=(floating(),))).networks

    assert (policy.network.bridge, policy.network.cidr) == ("br100", IPv4Network("10.0.0.0/22"))
    assert policy.network.is_gateway
    assert policy.network.has_route
    assert policy.network.serves_dhcp
    assert policy.network.has_snat
    assert policy.nat_mappings == (floating(),)


def test_a_host_that_only_bridges_a_network_has_no_other_role_in_it() -> None:
    (policy,) = built(bridged_only(floating_ips=(floating(),))).networks

    assert not policy.network.is_gateway
    assert not policy.network.serves_dhcp
    assert not policy.network.has_snat
    assert policy.nat_mappings == ()


@pytest.mark.parametrize("missing", ["public_interface", "routing_source_ip"])
def test_there_is_no_snat_without_an_interface_and_an_address_for_it(missing: str) -> None:
    (policy,) = built(network(), settings=nat_settings(**{missing: None})).networks

    assert not policy.network.has_snat


def test_there_is_no_snat_for_guests_whose_gateway_is_another_router() -> None:
    (policy,) = built(network(gateway=IPv4Address("10.0.0.254"))).networks

    assert policy.network.is_gateway
    assert not policy.network.has_snat


def test_networks_are_in_the_order_of_their_uuids_whatever_order_they_came_in() -> None:
    assert built(network(OTHER), network()) == built(network(), network(OTHER))


def test_the_hosts_own_networks_are_ranges_before_the_controller_has_sent_any() -> None:
    builder = PolicyBuilder(nat_settings())

    policy = builder.build([network(), network(OTHER)], FixedRanges(0, ()))

    assert policy.fixed_ranges == (IPv4Network("10.0.0.0/21"),)


def test_the_range_of_a_flat_network_is_not_one_of_ours() -> None:
    flat = network(topology=Topology.FLAT, vlan=None)

    assert PolicyBuilder(nat_settings()).build([flat], FixedRanges(0, ())).fixed_ranges == ()


def test_bridged_ranges_are_those_that_nobody_routes() -> None:
    flat = network(OTHER, topology=Topology.FLAT, vlan=None)
    settings = nat_settings(routed_ranges=(IPv4Network("10.0.0.0/23"),))

    policy = built(network(), flat, settings=settings)

    assert policy.bridged_ranges == (IPv4Network("10.0.2.0/23"), IPv4Network("10.0.8.0/21"))
    assert policy.own_ranges == (IPv4Network("10.0.2.0/23"),)


def test_public_interfaces_are_those_of_floating_ips_too() -> None:
    second = replace(floating(), interface="eth2")

    assert built(network(floating_ips=(second,))).public_interfaces == ("eth1", "eth2")
    assert built(bridged_only()).public_interfaces == ()


def test_what_does_not_change_is_the_same_object() -> None:
    builder = PolicyBuilder(nat_settings())
    first = builder.build([network(), network(OTHER)], RANGES)

    same = builder.build([network(), network(OTHER)], RANGES)
    guest = builder.build([network(revision=2, vifs=(vif(),)), network(OTHER)], RANGES)
    changed = builder.build([network(floating_ips=(floating(),)), network(OTHER)], RANGES)

    assert same is first
    assert guest is first  # a guest without a floating IP concerns no rule
    assert changed != first
    assert changed.networks[0].network is first.networks[0].network
    assert changed.networks[1] is first.networks[1]


@pytest.mark.parametrize(
    "last",
    [(1, 2, 3), (1, 2, 3, 4), (1, 3), (2, 3), (1, 2), (0, 1, 2, 3), (1, 5, 3), (5,), ()],
)
def test_nat_mappings_that_stay_are_the_same_objects(last: tuple[int, ...]) -> None:
    def desired(numbers: tuple[int, ...]) -> NetworkSnapshot:
        return network(floating_ips=tuple(floating(f"192.0.2.{n}") for n in numbers))

    builder = PolicyBuilder(nat_settings())
    (before,) = builder.build([desired((1, 2, 3))], RANGES).networks

    (after,) = builder.build([desired(last)], RANGES).networks

    assert after.nat_mappings == desired(last).floating_ips
    reused = {id(mapping) for mapping in before.nat_mappings} & {
        id(mapping) for mapping in after.nat_mappings
    }
    assert len(reused) == len({1, 2, 3} & set(last))


def test_a_removed_network_leaves_the_policy() -> None:
    builder = PolicyBuilder(nat_settings())
    builder.build([network(), network(OTHER)], RANGES)

    policy = builder.build([network(OTHER)], RANGES, ["br100"])

    assert [each.network.bridge for each in policy.networks] == ["br101"]
    assert policy.orphan_bridges == ("br100",)
    assert policy == replace(built(network(OTHER)), orphan_bridges=("br100",))
