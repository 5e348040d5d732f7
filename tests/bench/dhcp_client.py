"""A DHCP client that repeats its requests every few milliseconds.

A real client waits seconds before it repeats a request, so a lease that is ready just after the
first DISCOVER would seem to take seconds. This client shows when a lease is really available. It
sends raw frames on its end of a guest's wire, as any guest without an address does.
"""

import secrets
import socket
import struct
import time
from collections.abc import Iterator
from ipaddress import IPv4Address
from types import TracebackType
from typing import Self

ETH_P_IP = 0x0800
BROADCAST_MAC = b"\xff" * 6
COOKIE = b"\x63\x82\x53\x63"
CLIENT, SERVER = 68, 67  # UDP ports
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
MESSAGE_TYPE, REQUESTED_ADDRESS, SERVER_ID, END = 53, 50, 54, 255  # options
FIXED_BYTES = 240  # of a BOOTP message with the cookie; options follow
REPEAT_SECONDS = 0.004


class NoLeaseError(Exception):
    """No lease arrived in time."""


def checksum(data: bytes) -> int:
    """Return the Internet checksum."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(mac: bytes, xid: int, options: bytes) -> bytes:
    """Return a client's message in a broadcast frame, with the flag for a broadcast reply."""
    bootp = struct.pack("!BBBBIHH16x16s192x", 1, 1, 6, 0, xid, 0, 0x8000, mac) + COOKIE
    payload = bootp + options + bytes([END])
    payload += b"\0" * (len(payload) % 2)
    udp = struct.pack("!HHHH", CLIENT, SERVER, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHIBBH4s4s", 0x45, 0, 20 + len(udp), 0, 64, 17, 0, b"\0" * 4, b"\xff" * 4)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return BROADCAST_MAC + mac + struct.pack("!H", ETH_P_IP) + head + udp


def option(code: int, value: bytes) -> bytes:
    """Return one option."""
    return bytes([code, len(value)]) + value


def parse_reply(received: bytes, xid: int) -> tuple[IPv4Address, dict[int, bytes]] | None:
    """Return address and options of a server's reply to us, None for any other frame."""
    packet = received[14:]
    if len(packet) < 28 + FIXED_BYTES or packet[9] != 17:
        return None
    udp = packet[(packet[0] & 0xF) * 4 :]
    message = udp[8:]
    if struct.unpack_from("!HH", udp) != (SERVER, CLIENT) or message[0] != 2:
        return None
    if struct.unpack_from("!I", message, 4)[0] != xid:
        return None
    return IPv4Address(message[16:20]), dict(_options(message[FIXED_BYTES:]))


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data) and data[position] != END:
        if data[position] == 0:
            position += 1
            continue
        length = data[position + 1]
        yield data[position], data[position + 2 : position + 2 + length]
        position += 2 + length


class DhcpClient:
    """A client on one device, with a given MAC."""

    def __init__(self, device: str, mac: str) -> None:
        self._mac = bytes.fromhex(mac.replace(":", ""))
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
        self._socket.bind((device, ETH_P_IP))
        self.sent = 0  # messages

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def get_lease(self, timeout: float = 30) -> IPv4Address:
        """Return the address that a server acknowledges.

        :raises NoLeaseError: no server does before the timeout
        """
        deadline = time.monotonic() + timeout
        xid = secrets.randbits(32)
        offered, options = self._request(
            xid, option(MESSAGE_TYPE, bytes([DISCOVER])), OFFER, deadline
        )
        request = option(MESSAGE_TYPE, bytes([REQUEST])) + option(REQUESTED_ADDRESS, offered.packed)
        address, _ = self._request(
            xid, request + option(SERVER_ID, options[SERVER_ID]), ACK, deadline
        )
        return address

    def _request(
        self, xid: int, options: bytes, wanted: int, deadline: float
    ) -> tuple[IPv4Address, dict[int, bytes]]:
        message = frame(self._mac, xid, options)
        while time.monotonic() < deadline:
            self._socket.send(message)
            self.sent += 1
            repeat_at = time.monotonic() + REPEAT_SECONDS
            while (left := repeat_at - time.monotonic()) > 0:
                self._socket.settimeout(left)
                try:
                    reply = parse_reply(self._socket.recv(2048), xid)
                except TimeoutError:
                    break
                if reply is not None and reply[1].get(MESSAGE_TYPE) == bytes([wanted]):
                    return reply
        raise NoLeaseError(f"no DHCP message of type {wanted} in reply to {self.sent} messages")
