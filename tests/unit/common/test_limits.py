"""The rules for numbers and names that both sides share."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from cloudnet.common import limits


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        (limits.VLAN_ID, (1, 4094), (0, 4095, -1, None, "7")),
        (limits.MTU, (576, 65535), (575, 65536)),
        (limits.REVISION, (1, 2**62), (0, 2**62 + 1)),
    ],
)
def test_bounds_include_both_ends_and_nothing_beyond(
    bounds: limits.Bounds, inside: tuple[int, ...], outside: tuple[object, ...]
) -> None:
    assert all(value in bounds for value in inside)
    assert not any(value in bounds for value in outside)
    assert tuple(bounds) == inside


def test_the_largest_revision_plus_one_fits_into_a_bigint() -> None:
    assert limits.REVISION.highest + 1 <= 2**63 - 1


@pytest.mark.parametrize("name", ["eth0", "br-100", "vlan100.5", "_x", "e" * 15])
def test_a_device_name(name: str) -> None:
    assert limits.is_device_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "e" * 16, ".", "..", "a/b", "a b", "a:1", "eth0@x", "eth+", "-x", "all", "default", "lo"],
)
def test_no_device_name(name: str) -> None:
    assert not limits.is_device_name(name)


@pytest.mark.parametrize("mac", ["fa:16:3e:00:00:01", "00:00:00:00:00:00"])
def test_a_unicast_mac(mac: str) -> None:
    assert limits.is_mac(mac)
    assert limits.is_unicast_mac(mac)


def test_the_mac_of_a_group_is_no_unicast_mac() -> None:
    assert limits.is_mac("01:00:5e:00:00:01")
    assert not limits.is_unicast_mac("01:00:5e:00:00:01")


@pytest.mark.parametrize("text", ["", "FA:16:3E:00:00:01", "fa:16:3e:00:00", "fa-16-3e-00-00-01"])
def test_no_mac(text: str) -> None:
    assert not limits.is_mac(text)
    assert not limits.is_unicast_mac(text)


@pytest.mark.parametrize("text", ["a", "vm-3", "3", "a" * 63])
def test_a_hostname(text: str) -> None:
    assert limits.is_hostname(text)


@pytest.mark.parametrize("text", ["", "-a", "a-", "vm,3", "vm.x", "VM", "a" * 64])
def test_no_hostname(text: str) -> None:
    assert not limits.is_hostname(text)


@pytest.mark.parametrize(
    ("address", "possible"),
    [
        ("203.0.113.9", True),
        ("0.0.0.0", False),
        ("127.0.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
    ],
)
def test_which_addresses_can_be_a_floating_ip(address: str, possible: bool) -> None:
    assert limits.can_be_floating_ip(IPv4Address(address)) is possible
