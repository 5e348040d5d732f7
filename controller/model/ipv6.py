"""IPv6 addresses of guests, which nothing stores: they follow from a network's prefix and a MAC."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network

_INTERFACE_BITS = 64
_UNIVERSAL = 0x02 << 56  # the bit of an EUI-64 that RFC 4291 inverts


def compute_address(prefix: IPv6Network, mac: str) -> IPv6Address:
    """Return the address that a guest makes of a prefix and its MAC (modified EUI-64)."""
    number = int(mac.replace(":", ""), 16)
    interface = (number >> 24) << 40 | 0xFFFE << 24 | number & 0xFFFFFF
    return IPv6Address(int(prefix.network_address) | interface ^ _UNIVERSAL)


def prefix_length(total: int, size: int) -> int:
    """Return the prefix length of IPv6 networks of ``size`` addresses in one of ``total`` bits.

    Guests make 64 bits of their addresses themselves, so no network is smaller than a /64.
    """
    return max(total, min(_INTERFACE_BITS, 128 - (size - 1).bit_length()))
