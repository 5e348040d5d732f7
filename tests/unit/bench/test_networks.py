"""The nodes that the bench builds: all addresses and names on one node differ."""

from collections.abc import Sequence

from tests.bench.measures.node.idle import NETWORKS, shape_with
from tests.bench.networks import Shape, add_floating_ip, list_leases, list_taps


def has_duplicates(values: Sequence[object]) -> bool:
    return len(set(values)) < len(values)


def test_a_node_of_any_number_of_networks_has_as_many_guests_and_floating_ips() -> None:
    for networks in NETWORKS:
        snapshots = shape_with(networks).snapshots()

        assert len(snapshots) == networks
        assert sum(len(each.vifs) for each in snapshots) == 2000
        assert sum(len(each.floating_ips) for each in snapshots) == 1000


def test_guests_and_floating_ips_of_a_node_differ() -> None:
    snapshots = shape_with(200).snapshots()

    assert not has_duplicates([each.cidr for each in snapshots])
    assert not has_duplicates([vif.mac for each in snapshots for vif in each.vifs])
    assert not has_duplicates([ip.address for each in snapshots for ip in each.floating_ips])


def test_guests_are_in_the_order_and_the_range_of_their_network() -> None:
    network = Shape(2, 1001).snapshot(1)
    addresses = [vif.address for vif in network.vifs]

    assert addresses == sorted(addresses)
    assert all(address in network.cidr for address in addresses)


def test_one_more_floating_ip_comes_first_and_belongs_to_the_last_guest() -> None:
    network = Shape(1, 3, 2).snapshot(0)

    added = add_floating_ip(network).floating_ips

    assert list(added) == sorted(added, key=lambda ip: ip.address)
    assert added[1:] == network.floating_ips
    assert added[0].fixed == network.vifs[-1].address


def test_each_guest_has_a_tap_in_its_bridge_and_a_lease() -> None:
    shape = Shape(2, 2)

    assert list_taps(shape) == [
        ("tap0", "br100"),
        ("tap1", "br100"),
        ("tap2", "br101"),
        ("tap3", "br101"),
    ]
    assert list_leases(shape, 1, 99)[1] == (
        "99 fa:16:3e:01:00:01 10.0.8.4 vm1-1 01:fa:16:3e:01:00:01"
    )
