"""IPv6 addresses of guests and prefixes of networks."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network

from cloudnet.controller.model import ipv6


def test_an_address_is_made_of_the_prefix_and_the_mac() -> None:
    address = ipv6.compute_address(IPv6Network("fd00:0:0:1::/64"), "fa:16:3e:58:07:dd")

    assert address == IPv6Address("fd00:0:0:1:f816:3eff:fe58:7dd")


def test_a_network_is_a_64_at_the_smallest_and_its_range_at_the_largest() -> None:
    assert ipv6.prefix_length(48, 256) == 64
    assert ipv6.prefix_length(80, 256) == 80
