"""Arithmetic of ranges."""

from ipaddress import IPv4Network

import pytest

from cloudnet.agent.firewall.ranges import subtract


@pytest.mark.parametrize(
    ("ranges", "others", "rest"),
    [
        ("10.0.0.0/24 10.0.1.0/24", "", "10.0.0.0/23"),
        ("10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/24"),
        ("10.0.0.0/24", "10.0.0.0/24", ""),
        ("10.0.0.0/24", "0.0.0.0/0", ""),
        ("10.0.0.0/24", "10.0.0.0/25", "10.0.0.128/25"),
        ("10.0.0.0/24", "10.0.0.64/26 10.0.0.0/26", "10.0.0.128/25"),
        ("10.0.0.0/23 10.0.4.0/24", "10.0.1.0/24 10.0.4.0/24", "10.0.0.0/24"),
    ],
)
def test_what_is_subtracted_is_gone_and_the_rest_is_collapsed(
    ranges: str, others: str, rest: str
) -> None:
    assert subtract(parsed(ranges), parsed(others)) == parsed(rest)


def parsed(text: str) -> tuple[IPv4Network, ...]:
    return tuple(IPv4Network(word) for word in text.split())
