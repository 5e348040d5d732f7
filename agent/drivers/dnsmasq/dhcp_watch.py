"""Receives the messages by which leases end, as they arrive at the bridges of this host.

dnsmasq has no event for them: its script runs for a lease that ended, but not for an address that
was declined without one. The kernel passes on only what may be such a message, so that reading
costs nothing while there are none.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from cloudnet.agent.drivers.dnsmasq.dhcp_messages import LeaseEnd, parse_lease_end

ETH_P_IP = 0x0800
SO_ATTACH_FILTER = 26
MOST_MESSAGES = 1000  # in one call; the next one reads the rest
LONGEST_MESSAGE = 2048

LOAD_BYTE, LOAD_HALF = 0x30, 0x28  # BPF: from a fixed place in the packet
LOAD_BYTE_X, LOAD_HALF_X, LOAD_WORD_X = 0x50, 0x48, 0x40  # from behind the IP header
LOAD_HEADER_SIZE, IF_EQUAL, IF_BITS, RETURN = 0xB1, 0x15, 0x45, 0x06
UDP = 17
COOKIE = 8 + 236  # behind the headers of UDP and BOOTP
FIRST_OPTION = COOKIE + 4

# Passes UDP to port 67 with DHCP options, except what is known by its first option, which nearly
# every client makes the type, to be DISCOVER, REQUEST or INFORM. Jumps are (if true, if false).
# A load from behind the end of the packet drops it.
FILTER = (
    (LOAD_BYTE, 0, 0, 9),
    (IF_EQUAL, 0, 13, UDP),
    (LOAD_HALF, 0, 0, 6),
    (IF_BITS, 11, 0, 0x1FFF),  # a fragment that is not the first
    (LOAD_HEADER_SIZE, 0, 0, 0),
    (LOAD_HALF_X, 0, 0, 2),
    (IF_EQUAL, 0, 8, 67),
    (LOAD_WORD_X, 0, 0, COOKIE),
    (IF_EQUAL, 0, 6, 0x63825363),
    (LOAD_HALF_X, 0, 0, FIRST_OPTION),
    (IF_EQUAL, 0, 5, 0x3501),  # not the message type, of one byte
    (LOAD_BYTE_X, 0, 0, FIRST_OPTION + 2),
    (IF_EQUAL, 2, 0, 1),
    (IF_EQUAL, 1, 0, 3),
    (IF_EQUAL, 0, 1, 8),
    (RETURN, 0, 0, 0),
    (RETURN, 0, 0, LONGEST_MESSAGE),
)


@dataclass(frozen=True)
class ReceivedEnd:
    """A message that ends a lease."""

    bridge: str  # or any other link, also the loopback
    end: LeaseEnd
    sender: str  # MAC of the frame


class DhcpWatch:
    """A packet socket."""

    def __init__(self) -> None:
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK  # without Ethernet's header
        self._socket = socket.socket(socket.AF_PACKET, kind, socket.htons(ETH_P_IP))
        _attach_filter(self._socket)

    def receive(self) -> Iterator[ReceivedEnd]:
        """Yield what has arrived since the last call."""
        with suppress(BlockingIOError):
            for _ in range(MOST_MESSAGES):
                packet, source = self._socket.recvfrom(LONGEST_MESSAGE)
                end = parse_lease_end(packet)
                if end is not None:
                    yield ReceivedEnd(source[0], end, source[4].hex(":"))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _attach_filter(receiver: socket.socket) -> None:
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in FILTER)
    program = ctypes.create_string_buffer(code, len(code))
    pointer = struct.pack("HP", len(FILTER), ctypes.addressof(program))  # struct sock_fprog
    receiver.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, pointer)
