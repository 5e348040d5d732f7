"""Values that become arguments of dnsmasq: what is accepted, dnsmasq accepts, too."""

from __future__ import annotations

import subprocess

import pytest

from cloudnet.common.settings.option_types import OptionType
from cloudnet.common.settings.program_values import AbsolutePath, DnsServer

ACCEPTED = [
    "192.0.2.53",
    "192.0.2.53#5353",
    "2001:db8::53",
    "fe80::1%eth0",
    "127.0.0.1#5353",
    "/example.org/192.0.2.53",
    "/example.org/a_b.example/192.0.2.53#54",
    "/*.example.org/192.0.2.53",
    "/example.org/",
    "/example.org/#",
    "//192.0.2.53",
    "192.0.2.53@eth0",
    "192.0.2.53@192.0.2.1",
    "192.0.2.53@192.0.2.1#5000",
    "192.0.2.53#53@eth0",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_a_name_server_is_passed_on_as_it_is_and_dnsmasq_takes_it(text: str) -> None:
    assert DnsServer()(f" {text} ") == text
    subprocess.run(["dnsmasq", "--test", "--conf-file=", f"--server={text}"], check=True)


@pytest.mark.parametrize(
    "text",
    [
        "not-an-address",
        "ns.example.org",
        "localhost",
        "8.8.8.8:53",
        "8.8.8.8#",
        "8.8.8.8#0",
        "8.8.8.8#65536",
        "8.8.8.8#dns",
        "8.8.8.8,8.8.4.4",
        "8.8.8.8 8.8.4.4",
        "8.8.8.08",
        "8.8.8",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "::",
        "#",
        "/",
        "/example.org",
        "/exa mple.org/192.0.2.53",
        "/example.org/ns.example.org",
        "/example.org/@eth0",
        "192.0.2.53@",
        "192.0.2.53@sixteen-letters-",
        "192.0.2.53@192.0.2.1@eth0",
        "--conf-file=/etc/passwd",
    ],
)
def test_what_is_no_name_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the address of one name server, such as"):
        DnsServer()(text)


def test_an_empty_name_server_is_none() -> None:
    assert DnsServer()(" ") is None


@pytest.mark.parametrize("type_", [AbsolutePath(), AbsolutePath(empty=True)])
def test_a_path_is_absolute_and_printable(type_: AbsolutePath) -> None:
    assert type_(" /srv/a b ") == "/srv/a b"
    for wrong in ("networks", "~/networks", "/a\x1bb", "/a\nb"):
        with pytest.raises(ValueError, match="an absolute path without control characters"):
            type_(wrong)


def test_an_empty_path_is_none_where_that_is_allowed() -> None:
    assert AbsolutePath(empty=True)("") is None
    with pytest.raises(ValueError, match="an absolute path"):
        AbsolutePath()("")


def test_types_are_equal_by_value() -> None:
    types: list[OptionType] = [DnsServer(), AbsolutePath(), AbsolutePath(empty=True)]

    assert types == [DnsServer(), AbsolutePath(), AbsolutePath(empty=True)]
    assert types[1] != types[2]
