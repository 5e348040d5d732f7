"""Values of options: what each type takes, and the phrase for what is right."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oslo_config import cfg, types

from cloudnet.common.settings import option_types, url_types
from cloudnet.common.settings.option_types import OptionType
from cloudnet.common.settings.views import HostService
from cloudnet.common.wire.objects import Topology

BROKER = url_types.BrokerUrl(("rabbit", "fake"), "rabbit://user:password@host:5672/")
DATABASE = url_types.DatabaseUrl(("mysql", "sqlite"), "mysql+pymysql://user:password@host/cloudnet")
NAMES = option_types.HostName()


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (option_types.Text(), " a b ", "a b"),
        (option_types.Text(), " ", None),
        (NAMES, " node1.example ", "node1.example"),
        (NAMES, "x" * 255, "x" * 255),
        (option_types.DomainName(), "novalocal.", "novalocal"),
        (option_types.DomainName(), "", None),
        (option_types.ChainName(), "DROP", "DROP"),
        (option_types.DeviceName(), "eth0", "eth0"),
        (option_types.DeviceName(), "", None),
        (option_types.DeviceName(loopback=True), "lo", "lo"),
        (option_types.Address(), " 192.0.2.10 ", IPv4Address("192.0.2.10")),
        (option_types.Address(empty=True), "", None),
        (option_types.Range(), "10.1.2.3/8", IPv4Network("10.0.0.0/8")),
        (option_types.GuestRange(), " ", None),
        (option_types.Range6(), "fd00::/48", IPv6Network("fd00::/48")),
        (option_types.Service(), "ALL", HostService(None, None)),
        (option_types.Service(), "tcp:5000", HostService("tcp", 5000)),
        (option_types.Service(), " UDP:65535 ", HostService("udp", 65535)),
        (option_types.Service(), HostService("tcp", 1), HostService("tcp", 1)),
        (option_types.NetworkManager(), "nova.network.manager.VlanManager", Topology.VLAN),
        (option_types.NetworkManager(), "flatdhcpmanager", Topology.FLATDHCP),
        (option_types.NetworkManager(), "flat", Topology.FLAT),
        (option_types.NetworkManager(), Topology.FLAT, Topology.FLAT),
        (DATABASE, "mysql+pymysql://a@b/c", "mysql+pymysql://a@b/c"),
        (BROKER, "rabbit://a:b@h1:5672,a:b@[::1]:5672/v", "rabbit://a:b@h1:5672,a:b@[::1]:5672/v"),
        (BROKER, "fake://", "fake://"),
    ],
)
def test_a_right_text_is_its_value(type_: OptionType, text: object, value: object) -> None:
    assert type_(text) == value  # type: ignore[operator]  # each subclass can be called


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (option_types.Text(empty=False), " "),
        (NAMES, ""),
        (NAMES, "two words"),
        (NAMES, "x" * 256),
        (NAMES, "a\x1bb"),
        (option_types.DomainName(), "a..b"),
        (option_types.ChainName(), "two words"),
        (option_types.DeviceName(), "lo"),
        (option_types.DeviceName(), "a/b"),
        (option_types.DeviceName(loopback=True), "sixteen-letters-"),
        (option_types.Address(), ""),
        (option_types.Address(), "10.0.0"),
        (option_types.Address(empty=True), "224.0.0.1"),
        (option_types.Range(), ""),
        (option_types.Range(), "10.0.0.0/33"),
        (option_types.GuestRange(), "169.254.0.0/24"),
        (option_types.Range6(), "fd00::1/48"),
        (option_types.Service(), "tcp"),
        (option_types.Service(), "tcp:0"),
        (option_types.Service(), "udp:65536"),
        (option_types.Service(), "icmp:1"),
        (option_types.Service(), "tcp:٣"),
        (option_types.NetworkManager(), "QuantumManager"),
        (DATABASE, "postgres://a"),
        (DATABASE, "mysql"),
        (DATABASE, "mysql://a:b@c@host/x"),
        (DATABASE, "mysql://a:b@host:70000/x"),
        (DATABASE, "sqlite://"),
        (DATABASE, "sqlite:///:memory:"),
        (DATABASE, "sqlite:///beside.sqlite"),
        (BROKER, "amqp://a"),
        (BROKER, "rabbit://"),
        (BROKER, "rabbit://a:b@host:port/"),
        (BROKER, "rabbit://a:b@host:0/"),
        (BROKER, "rabbit://a:b@host:70000/"),
        (BROKER, "rabbit://a:b@h1,/"),
    ],
)
def test_a_wrong_text_is_refused_with_what_is_right(type_: OptionType, text: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared below
        type_(text)  # type: ignore[operator]  # as above

    assert str(refused.value) == type_.expected


@pytest.mark.parametrize(
    ("option", "phrase"),
    [
        (cfg.BoolOpt("x"), "True or False"),
        (cfg.IntOpt("x"), "a whole number"),
        (cfg.IntOpt("x", min=1), "a whole number of 1 or more"),
        (cfg.IntOpt("x", max=9), "a whole number of 9 or less"),
        (cfg.IntOpt("x", min=1, max=9), "a whole number from 1 to 9"),
        (cfg.FloatOpt("x", min=0, max=1), "a number from 0 to 1"),
        (cfg.StrOpt("x", choices=["a", "b"]), "one of a, b"),
        (
            cfg.ListOpt("x", item_type=types.Integer()),
            "a comma-separated list, each a whole number",
        ),
        (cfg.Opt("x", type=option_types.Address()), "an IPv4 address such as 192.0.2.10"),
        (cfg.Opt("x", type=str.upper), "another value"),
    ],
)
def test_what_is_right_is_a_phrase_for_an_operator(option: cfg.Opt, phrase: str) -> None:
    assert option_types.describe(option) == phrase


@pytest.mark.parametrize(
    ("type_", "text", "masked"),
    [
        (option_types.Range(), "10.1.2.3/8", [("10.1.2.3/8", IPv4Network("10.0.0.0/8"))]),
        (option_types.Range(), "10.0.0.0/8", []),
        (option_types.Range(), "10.1.2.3", []),
        (option_types.Range(), "$other", []),
        (option_types.GuestRange(), "", []),
        (option_types.Text(), "10.1.2.3/8", []),
        (
            types.List(option_types.Range()),
            "10.0.0.0/8, 10.1.2.3/24,",
            [("10.1.2.3/24", IPv4Network("10.1.2.0/24"))],
        ),
    ],
)
def test_ranges_with_host_bits_are_listed_with_what_they_mean(
    type_: object, text: str, masked: list[tuple[str, IPv4Network]]
) -> None:
    assert option_types.list_masked_ranges(cfg.Opt("x", type=type_), text) == masked


def test_an_empty_number_is_refused_where_the_option_has_a_default() -> None:
    with pytest.raises(ValueError, match=r"^a whole number of 1 or more$"):
        option_types.parse_value(cfg.IntOpt("x", default=3, min=1), "")

    assert option_types.parse_value(cfg.IntOpt("x"), "") is None


def test_types_are_equal_by_their_kind_and_what_they_permit() -> None:
    assert option_types.Address() == option_types.Address()
    assert option_types.Address() != option_types.Address(empty=True)
    assert option_types.Range() != option_types.GuestRange()


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_range_is_the_one_that_contains_the_address(address: IPv4Address, prefix: int) -> None:
    range_ = option_types.Range()(f"{address}/{prefix}")

    assert range_ is not None
    assert address in range_
    assert range_.prefixlen == prefix
