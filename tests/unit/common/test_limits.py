"""The rules for numbers and names that both sides share."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

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


@pytest.mark.parametrize("mac", ["fa:16:3e:00:00:01", "00:00:00:00:00:01"])
def test_a_unicast_mac(mac: str) -> None:
    assert limits.is_mac(mac)
    assert limits.is_unicast_mac(mac)


def test_the_mac_of_no_device_is_no_unicast_mac() -> None:
    assert limits.is_mac("00:00:00:00:00:00")
    assert not limits.is_unicast_mac("00:00:00:00:00:00")


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


@pytest.mark.parametrize(
    "range_",
    ["0.0.0.0/0", "0.0.0.0/8", "127.0.0.0/24", "169.254.0.0/16", "224.0.0.0/24", "240.0.0.0/4",
     "255.255.255.255/32"],
)  # fmt: skip
def test_a_range_without_guests(range_: str) -> None:
    assert limits.find_unusable_range(IPv4Network(range_)) is not None


@pytest.mark.parametrize("range_", ["10.0.0.0/8", "100.64.0.0/10", "192.0.2.0/24", "1.0.0.0/30"])
def test_a_range_of_guests(range_: str) -> None:
    assert limits.find_unusable_range(IPv4Network(range_)) is None


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "223.255.255.255"])
def test_an_address_of_one_host(address: str) -> None:
    assert limits.is_unicast_address(IPv4Address(address))


@pytest.mark.parametrize("address", ["0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255"])
def test_no_address_of_one_host(address: str) -> None:
    assert not limits.is_unicast_address(IPv4Address(address))


@pytest.mark.parametrize("name", ["novalocal", "cloud.example.net", "a_b.c-d", "x" * 63])
def test_a_domain_name(name: str) -> None:
    assert limits.is_domain_name(name)


@pytest.mark.parametrize(
    "name",
    ["", ".", "a..b", "-a", "a b", "a,b", "a/b", "x" * 64, "é.net", "a\nb", "a." * 127 + "a"],
)
def test_no_domain_name(name: str) -> None:
    assert not limits.is_domain_name(name)


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [("DROP", True), ("LOG_and_DROP", True), ("-j", False), ("a b", False), ("x" * 29, False)],
)
def test_a_chain_name(name: str, is_valid: bool) -> None:
    assert limits.is_chain_name(name) is is_valid


def test_floating_ips_may_be_on_the_loopback_device_and_nothing_else() -> None:
    assert limits.is_public_interface_name("lo")
    assert not limits.is_public_interface_name("all")
