"""Ranges become networks, networks become pools."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.common.errors import AddressOutOfRange, CidrConflict, InvalidIntValue
from cloudnet.controller.model import ipam

TEN = IPv4Network("10.0.0.0/8")


def texts(networks: list[IPv4Network]) -> list[str]:
    return [str(network) for network in networks]


@pytest.mark.parametrize(
    ("size", "prefix"), [(1, 32), (2, 31), (4, 30), (100, 25), (256, 24), (1000, 22), (1024, 22)]
)
def test_a_size_is_rounded_up_to_a_prefix(size: int, prefix: int) -> None:
    assert ipam.prefix_length(size) == prefix


def test_ranges_are_picked_one_after_the_other() -> None:
    assert texts(ipam.pick_ranges(TEN, 3, 256, [])) == ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]


def test_existing_networks_are_skipped() -> None:
    existing = [IPv4Network("10.0.0.128/25"), IPv4Network("10.0.2.0/23")]

    assert texts(ipam.pick_ranges(TEN, 2, 256, existing)) == ["10.0.1.0/24", "10.0.4.0/24"]


def test_a_range_inside_an_existing_network_conflicts() -> None:
    with pytest.raises(CidrConflict, match=r"overlaps 10\.0\.0\.0/8"):
        ipam.pick_ranges(IPv4Network("10.9.0.0/16"), 1, 256, [TEN])


def test_a_conflict_names_real_networks_and_what_is_left() -> None:
    existing = ipam.pick_ranges(IPv4Network("10.0.0.0/20"), 3, 1024, [])
    labels = {network: f"private_{number}" for number, network in enumerate(existing)}

    with pytest.raises(CidrConflict) as full:
        ipam.pick_ranges(IPv4Network("10.0.0.0/22"), 1, 1024, existing, labels)
    with pytest.raises(CidrConflict) as scarce:
        ipam.pick_ranges(IPv4Network("10.0.4.0/20", strict=False), 2, 1024, existing, labels)

    assert str(full.value) == (
        "10.0.0.0/22 overlaps network private_0 10.0.0.0/22 and has no room for networks of 1024 "
        "addresses; choose another range"
    )
    assert str(scarce.value) == (
        "10.0.0.0/20 overlaps network private_0 10.0.0.0/22, network private_1 10.0.4.0/22, "
        "network private_2 10.0.8.0/22 and has room for only 1 of 2 networks of 1024 addresses; "
        "choose another range"
    )


def test_three_thousand_ranges_are_picked_at_once() -> None:
    existing = ipam.pick_ranges(TEN, 500, 1024, [])

    assert len(ipam.pick_ranges(TEN, 3000, 1024, existing)) == 3000


subnets = st.builds(
    lambda value, prefix: IPv4Network((value << 8, prefix), strict=False),
    st.integers(0, 255).map(lambda value: 0x0A0000 | value),
    st.integers(20, 30),  # eight of them never fill the /16,
)


@given(st.lists(subnets, max_size=8), st.integers(1, 12), st.sampled_from([4, 16, 64, 256, 1024]))
def test_picked_ranges_overlap_nothing_and_leave_no_gap_of_their_size(
    existing: list[IPv4Network], count: int, size: int
) -> None:
    cidr = IPv4Network("10.0.0.0/16")

    carved = ipam.pick_ranges(cidr, count, size, existing)

    assert len(carved) == count
    assert carved == sorted(carved)
    for network in carved:
        assert network.subnet_of(cidr)
        assert network.num_addresses == size
        assert not any(network.overlaps(other) for other in existing)
    candidates = list(cidr.subnets(new_prefix=ipam.prefix_length(size)))
    skipped = candidates[: candidates.index(carved[-1])]
    for candidate in set(skipped) - set(carved):
        assert any(candidate.overlaps(other) for other in existing)


# -- what the addresses of a network are for -------------------------------------------------------


def lay(cidr: str, *, vpn: bool = True, **named: str) -> list[str | None]:
    wanted = {name: IPv4Address(address) for name, address in named.items()}
    layout = ipam.plan_layout(
        IPv4Network(cidr),
        vpn=vpn,
        gateway=wanted.get("gateway"),
        dhcp_server=wanted.get("dhcp_server"),
        first=wanted.get("first"),
        last=wanted.get("last"),
    )
    return [
        str(layout.gateway),
        None if layout.vpn is None else str(layout.vpn),
        str(layout.dhcp_start),
        str(layout.dhcp_end),
        " ".join(str(int(a) & 255) for a in layout.reserved),
    ]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            lay("10.0.0.0/24", vpn=False),
            ["10.0.0.1", None, "10.0.0.2", "10.0.0.254", "0 1 255"],
        ),
        (
            lay("10.0.0.0/24"),
            ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.254", "0 1 2 255"],
        ),
        (
            lay("10.0.0.0/24", gateway="10.0.0.254"),
            ["10.0.0.254", "10.0.0.1", "10.0.0.2", "10.0.0.254", "0 1 254 255"],
        ),
        (
            lay("10.0.0.0/24", vpn=False, dhcp_server="10.0.0.2"),
            ["10.0.0.1", None, "10.0.0.3", "10.0.0.254", "0 1 2 255"],
        ),
        (
            lay("10.0.0.0/24", first="10.0.0.10", last="10.0.0.245", dhcp_server="10.0.0.11"),
            ["10.0.0.10", "10.0.0.12", "10.0.0.13", "10.0.0.245", "0 10 11 12 255"],
        ),
        (lay("10.0.0.0/29"), ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.6", "0 1 2 7"]),
        (lay("10.0.0.0/30", vpn=False), ["10.0.0.1", None, "10.0.0.2", "10.0.0.2", "0 1 3"]),
    ],
)
def test_the_layout_is_nova_networks(found: list[str | None], expected: list[str | None]) -> None:
    assert found == expected


@pytest.mark.parametrize("cidr", ["10.0.0.0/30", "10.0.0.0/31", "10.0.0.0/32"])
def test_a_network_without_room_for_a_guest_is_refused(cidr: str) -> None:
    with pytest.raises(InvalidIntValue, match="too small"):
        lay(cidr)


@pytest.mark.parametrize(
    ("cidr", "named"),
    [
        ("10.9.0.5/32", {"gateway": "10.9.0.5"}),
        ("10.9.0.4/31", {"dhcp_server": "10.9.0.5"}),
        ("10.9.0.4/31", {"first": "10.9.0.4"}),
        ("255.255.255.252/30", {}),
        ("255.255.255.255/32", {}),
    ],
)
def test_a_given_gateway_leaves_no_address_for_a_guest(cidr: str, named: dict[str, str]) -> None:
    with pytest.raises(InvalidIntValue, match="too small"):
        lay(cidr, **named)


def test_a_gateway_elsewhere_is_refused() -> None:
    with pytest.raises(AddressOutOfRange, match=r"10\.0\.0\.1 to 10\.0\.0\.254"):
        lay("10.0.0.0/24", gateway="10.0.0.255")
