"""Pure: the DHCP messages by which a lease ends, and one that gets it back (RFC 2131).

Whoever is on a bridge can send a DHCPRELEASE or a DHCPDECLINE of any guest's address. dnsmasq then
removes the lease, and after a DHCPDECLINE it offers the address to nobody for ten minutes.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

BOOTP = struct.Struct("!4BIHH4s4s4s4s16s64s128s4s")
COOKIE = bytes.fromhex("63825363")
UDP_BYTES = 8
SHORTEST_FRAME = 20 + UDP_BYTES + BOOTP.size

REQUEST, DECLINE, RELEASE = 3, 4, 7
REQUESTED_ADDRESS, OVERLOAD, MESSAGE_TYPE = 50, 52, 53
PAD, END = 0, 255
FILE, SNAME = 1, 2  # bits of the option OVERLOAD: the fields that have options, too


@dataclass(frozen=True)
class LeaseEnd:
    """A message that ends the lease of an address, whoever sent it."""

    address: IPv4Address
    declined: bool  # else released


def parse_lease_end(packet: bytes) -> LeaseEnd | None:
    """Return what an IPv4 packet to a DHCP server ends; None: it is another message.

    The lease is found by its address: dnsmasq identifies a client also by an id, with which the
    MAC in the message may be anyone's.
    """
    if len(packet) < SHORTEST_FRAME:
        return None
    body = packet[(packet[0] & 0x0F) * 4 + UDP_BYTES :]
    if len(body) < BOOTP.size:
        return None
    *_, client, _, _, _, _, sname, file, cookie = BOOTP.unpack_from(body)
    if cookie != COOKIE:
        return None
    fields = [body[BOOTP.size :]]
    overload = _find(fields, OVERLOAD) or b"\0"
    fields += [field for bit, field in ((FILE, file), (SNAME, sname)) if overload[0] & bit]
    kind = _find(fields, MESSAGE_TYPE)
    if kind == bytes([RELEASE]):
        return LeaseEnd(IPv4Address(client), declined=False)
    requested = _find(fields, REQUESTED_ADDRESS)
    if kind == bytes([DECLINE]) and requested and len(requested) == len(client):
        return LeaseEnd(IPv4Address(requested), declined=True)
    return None


def build_request(mac: str, address: IPv4Address) -> bytes:
    """Return the DHCPREQUEST of a guest that has the address and asks any server to renew it."""
    none = bytes(4)
    hardware = bytes.fromhex(mac.replace(":", ""))
    header = BOOTP.pack(
        *(1, 1, len(hardware), 0, random.getrandbits(32), 0, 0),
        *(address.packed, none, none, none, hardware, b"", b"", COOKIE),
    )
    return header + bytes([MESSAGE_TYPE, 1, REQUEST, END])


def _find(fields: list[bytes], code: int) -> bytes | None:
    """Return the value of the first option of this code."""
    for field in fields:
        rest = field
        while rest and rest[0] != END:
            if rest[0] == PAD:
                rest = rest[1:]
                continue
            size = rest[1] if len(rest) > 1 else 0
            if rest[0] == code:
                return rest[2 : 2 + size]
            rest = rest[2 + size :]
    return None
