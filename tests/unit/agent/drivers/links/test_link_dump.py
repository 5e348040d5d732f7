"""What the kernel answers about links, addresses and routes, as values."""

from __future__ import annotations

import struct
import sys
from ipaddress import IPv4Network
from socket import AF_INET, AF_INET6

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.drivers.links import link_dump
from cloudnet.agent.drivers.links.link_dump import parse_address, parse_link, parse_route
from cloudnet.agent.drivers.links.link_table import Link, LinkAddress, LinkRoute, LinkTable
from cloudnet.agent.drivers.links.sysctl_lists import SYSCTLS, LinkSysctl, list_wrong

UUID = "11111111-1111-1111-1111-111111111111"
NESTED = 0x8000  # NLA_F_NESTED
PREFERRED = 6  # IFA_CACHEINFO: an attribute that is not used


def attribute(kind: int, *values: bytes) -> bytes:
    """Return an attribute as the kernel pads it."""
    value = b"".join(values)
    data = struct.pack("=HH", 4 + len(value), kind) + value
    return data + bytes(-len(data) % 4)


def number(value: int, size: int = 4) -> bytes:
    return value.to_bytes(size, sys.byteorder)


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def link(*attributes: bytes, index: int = 2, flags: int = 0) -> bytes:
    return link_dump.LINK.pack(0, 1, index, flags, 0) + b"".join(attributes)


NAME = attribute(link_dump.IFNAME, text("eth0"))


def info(kind: str, *details: bytes) -> bytes:
    return attribute(
        link_dump.LINKINFO | NESTED,
        attribute(link_dump.KIND, text(kind)),
        attribute(link_dump.DATA | NESTED, *details),
    )


def sysctl_lists(*wrong: str) -> bytes:
    """Return the kernel's lists of a link's settings, right but for those that are named."""
    lists = {AF_INET: [0] * 32, AF_INET6: [0] * 60}
    for sysctl in SYSCTLS:
        value = sysctl.value + 1 if sysctl.name in wrong else sysctl.value
        lists[sysctl.family][sysctl.place] = value
    families = [
        attribute(family, attribute(link_dump.SYSCTLS[family], *map(number, values)))
        for family, values in lists.items()
    ]
    return attribute(link_dump.AF_SPEC | NESTED, *families)


def test_a_nic_has_its_name_mac_and_mtu() -> None:
    data = link(
        NAME,
        attribute(link_dump.MAC, bytes.fromhex("020000000100")),
        attribute(link_dump.MTU, number(9000)),
        flags=0x1003,
    )

    assert parse_link(data) == Link(
        index=2,
        name="eth0",
        kind=None,
        mac="02:00:00:00:01:00",
        mtu=9000,
        alias="",
        flags=0x1003,
        master=None,
        parent=None,
        tag=None,
        spanning_tree=False,
        forward_delay=0,
        names=(),
    )
    assert parse_link(data).up


def test_a_vlan_device_has_its_tag_parent_bridge_and_network() -> None:
    parsed = parse_link(
        link(
            NAME,
            attribute(link_dump.PARENT, number(3)),
            attribute(link_dump.MASTER, number(7)),
            attribute(link_dump.IFALIAS, text(f"cloudnet:{UUID}")),
            info("vlan", attribute(link_dump.VLAN_ID, number(100, 2))),
        )
    )

    assert (parsed.kind, parsed.tag, parsed.parent, parsed.master) == ("vlan", 100, 3, 7)
    assert parsed.network == UUID
    assert not parsed.up


@pytest.mark.parametrize(("state", "spanning_tree"), [(0, False), (1, True), (2, True)])
def test_a_bridge_has_its_spanning_tree_and_forward_delay(state: int, spanning_tree: bool) -> None:
    parsed = parse_link(
        link(
            NAME,
            info(
                "bridge",
                attribute(link_dump.FORWARD_DELAY, number(1500)),
                attribute(link_dump.STP_STATE, number(state)),
            ),
        )
    )

    assert (parsed.kind, parsed.spanning_tree, parsed.forward_delay) == (
        "bridge",
        spanning_tree,
        1500,
    )
    assert parsed.tag is None  # the same attribute is the VLAN id of another kind


def test_a_parent_in_another_namespace_is_none() -> None:
    parent = attribute(link_dump.PARENT, number(3))
    elsewhere = attribute(link_dump.LINK_NETNSID, number(0))

    assert parse_link(link(NAME, parent)).parent == 3
    assert parse_link(link(NAME, parent, elsewhere)).parent is None


@pytest.mark.parametrize(
    ("alias", "uuid"),
    [
        (f"cloudnet:{UUID}", UUID),
        ("uplink", None),
        ("", None),
        ("cloudnet", None),
        ("cloudnet:", None),
        ("cloudnet:another program", None),
        (f"cloudnet:{UUID}\x1b[2J", None),
    ],
)
def test_a_link_without_our_alias_is_not_ours(alias: str, uuid: str | None) -> None:
    assert parse_link(link(NAME, attribute(link_dump.IFALIAS, text(alias)))).network == uuid


def test_alternative_names_are_all_read() -> None:
    names = [
        attribute(link_dump.ALT_IFNAME, text("enp1s0")),
        attribute(link_dump.ALT_IFNAME, text("a-much-longer-name-of-a-nic")),
    ]

    parsed = parse_link(link(NAME, attribute(link_dump.PROP_LIST | NESTED, *names)))

    assert parsed.names == ("enp1s0", "a-much-longer-name-of-a-nic")


def test_a_name_that_is_not_utf8_is_kept() -> None:
    parsed = parse_link(link(attribute(link_dump.IFNAME, b"eth\xff\0")))

    assert parsed.name == "eth\udcff"


@pytest.mark.parametrize("sysctl", SYSCTLS, ids=lambda each: each.name)
def test_a_wrong_setting_of_a_bridge_is_found(sysctl: LinkSysctl) -> None:
    details = info("bridge", attribute(link_dump.STP_STATE, number(0)))

    assert parse_link(link(NAME, details, sysctl_lists())).wrong_sysctls == ()
    assert parse_link(link(NAME, details, sysctl_lists(sysctl.name))).wrong_sysctls == (sysctl,)
    assert parse_link(link(NAME, sysctl_lists(sysctl.name))).wrong_sysctls == ()  # a NIC


def test_a_host_without_ipv6_has_no_wrong_setting_of_it() -> None:
    right = {AF_INET: bytearray(32 * 4)}
    for sysctl in SYSCTLS:
        if sysctl.family == AF_INET:
            right[AF_INET][sysctl.place * 4 : sysctl.place * 4 + 4] = number(sysctl.value)

    assert list_wrong({AF_INET: bytes(right[AF_INET])}) == ()
    assert list_wrong({}) == ()


def test_an_address_is_the_local_one_and_not_the_peers() -> None:
    data = link_dump.ADDRESS.pack(AF_INET, 22, 1, 0, 7) + b"".join(
        (
            attribute(link_dump.IFA_ADDRESS, bytes((10, 0, 0, 9))),
            attribute(link_dump.IFA_LOCAL, bytes((10, 0, 0, 1))),
            attribute(link_dump.IFA_LABEL, text("br100:cn")),
            attribute(PREFERRED, bytes(16)),
            attribute(link_dump.IFA_PROTO, number(5, 1)),
        )
    )

    parsed = parse_address(data)

    assert parsed == LinkAddress(
        index=7,
        family=AF_INET,
        packed=bytes((10, 0, 0, 1)),
        prefixlen=22,
        is_global=True,
        label="br100:cn",
        protocol=5,
        secondary=True,
    )
    assert str(parsed) == "10.0.0.1/22"


def test_an_ipv6_address_of_a_link_has_neither_label_nor_wide_scope() -> None:
    packed = bytes.fromhex("fe80" + "00" * 13 + "01")
    data = link_dump.ADDRESS.pack(AF_INET6, 64, 0, 253, 7)

    parsed = parse_address(data + attribute(link_dump.IFA_ADDRESS, packed))

    assert (str(parsed), parsed.label, parsed.is_global) == ("fe80::1/64", "", False)


@pytest.mark.parametrize(
    ("prefixlen", "scope", "attributes", "route"),
    [
        (
            24,
            253,
            attribute(link_dump.RTA_DST, bytes((10, 0, 0, 0))) + attribute(4, number(7)),
            LinkRoute(7, IPv4Network("10.0.0.0/24")),
        ),
        (0, 253, attribute(4, number(7)), LinkRoute(7, IPv4Network("0.0.0.0/0"))),
        (24, 0, attribute(1, bytes((10, 0, 0, 0))) + attribute(4, number(7)), None),  # a gateway
        (24, 253, attribute(1, bytes((10, 0, 0, 0))), None),  # several links, or none
    ],
)
def test_a_route_is_to_what_one_link_reaches_without_a_gateway(
    prefixlen: int, scope: int, attributes: bytes, route: LinkRoute | None
) -> None:
    assert parse_route(link_dump.ROUTE.pack(prefixlen, scope, 0) + attributes) == route


@given(st.lists(st.tuples(st.integers(100, 0x3FFF), st.binary(max_size=9)), max_size=6))
def test_attributes_that_are_not_used_change_nothing(unused: list[tuple[int, bytes]]) -> None:
    noise = [attribute(kind, value) for kind, value in unused]

    assert parse_link(link(*noise, NAME, *noise)) == parse_link(link(NAME))


def test_ports_and_names_are_found_by_the_index_of_the_link() -> None:
    bridge = parse_link(link(attribute(link_dump.IFNAME, text("br100")), index=7))
    master = attribute(link_dump.MASTER, number(7))
    port = parse_link(link(NAME, master, index=3))
    table = LinkTable((bridge, port))

    assert table.ports == {7: [port]}
    assert [table.get_name(index) for index in (7, 3, 9, None)] == ["br100", "eth0", None, None]
