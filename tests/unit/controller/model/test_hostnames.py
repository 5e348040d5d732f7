"""Hostnames: one DNS label each, whatever a caller requests."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.controller.model import hostnames


@pytest.mark.parametrize(
    ("wanted", "label"),
    [
        ("vm1", "vm1"),
        ("Web Server.example.org", "web-server"),
        ("a,b\nc", "a-b-c"),
        ("--x--", "x"),
        ("日本", None),
        ("", None),
        (None, None),
        ("x" * 70, "x" * 63),
    ],
)
def test_a_name_becomes_a_dns_label(wanted: str | None, label: str | None) -> None:
    assert hostnames.to_dns_label(wanted) == label


@given(st.text())
def test_a_hostname_cannot_inject_another_line_into_a_file(wanted: str) -> None:
    label = hostnames.to_dns_label(wanted)

    assert label is None or re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label)


def test_the_default_hostname_is_made_of_the_address() -> None:
    assert hostnames.default_hostname(IPv4Address("10.0.0.4")) == "host-10-0-0-4"
