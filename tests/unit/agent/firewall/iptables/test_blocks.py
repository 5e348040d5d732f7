"""NAT mappings by blocks of 32 addresses, which are made again only where they changed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.firewall.iptables.blocks import address_range, first_address

_SIZE = 32


@given(st.ip_addresses(v=4))
def test_a_block_is_the_range_of_32_addresses_around_an_address(address: IPv4Address) -> None:
    block = int(address) // _SIZE

    range_ = address_range(block)

    assert address in range_
    assert range_.num_addresses == _SIZE
    assert range_[0] == first_address(block)


def test_neighbouring_blocks_share_no_address() -> None:
    block = int(IPv4Address("192.0.2.31")) // _SIZE

    assert address_range(block) == IPv4Network("192.0.2.0/27")
    assert address_range(block + 1) == IPv4Network("192.0.2.32/27")
