"""A guest that speaks DHCP packet by packet, so that a test can say what real clients say rarely:
INIT-REBOOT, rebinding, a release in another's name. It is a port of a bridge and a raw socket.
"""

import random
import socket
import struct
import time
from dataclasses import dataclass
from ipaddress import IPv4Address
from types import TracebackType
from typing import Self

from tests.functional.host import Host

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = range(1, 8)
NAMES = {OFFER: "offer", ACK: "ack", NAK: "nak"}
COOKIE = bytes.fromhex("63825363")
ANY, EVERYBODY = IPv4Address(0), IPv4Address("255.255.255.255")
BOOTP = struct.Struct("!4BIHH4s4s4s4s16s64s128s4s")
PATIENCE_SECONDS = 2.0  # for the first answer
MORE_SECONDS = 0.4  # for those of other servers


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    kind: str  # offer, ack, nak
    address: IPv4Address
    server: IPv4Address
    options: dict[int, bytes]


class Guest:
    """One NIC of a guest, with its far end in a bridge."""

    def __init__(self, host: Host, bridge: str, mac: str) -> None:
        self._mac = bytes.fromhex(mac.replace(":", ""))
        near, far = f"g{mac[-5:-3]}{mac[-2:]}", f"t{mac[-5:-3]}{mac[-2:]}"
        host.sh(
            f"ip link add {near} address {mac} type veth peer name {far};"
            f"sysctl -qw net.ipv6.conf.{near}.disable_ipv6=1;"
            f"ip link set {far} master {bridge} up; ip link set {near} up arp off"
        )
        self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self._wire.bind((near, 0x0800))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._wire.close()

    def discover(self) -> list[Answer]:
        return self._ask(DISCOVER)

    def boot(self) -> Answer:
        """Get a lease as a client does that knows nothing: the first offer, then its ACK."""
        offer = self.discover()[0]
        acks = self._ask(REQUEST, options={50: offer.address.packed, 54: offer.server.packed})
        assert [answer.kind for answer in acks] == ["ack"]
        return acks[0]

    def reboot(self, address: IPv4Address) -> list[Answer]:
        """INIT-REBOOT: ask whether an address remembered is still right."""
        return self._ask(REQUEST, options={50: address.packed})

    def renew(self, address: IPv4Address, server: IPv4Address, mac: str) -> list[Answer]:
        """Ask the server that gave the lease, by unicast."""
        return self._ask(REQUEST, source=address, to=server, mac=mac)

    def rebind(self, address: IPv4Address) -> list[Answer]:
        """Ask any server, by broadcast, to let the lease go on."""
        return self._ask(REQUEST, source=address)

    def _ask(
        self,
        kind: int,
        options: dict[int, bytes] | None = None,
        source: IPv4Address = ANY,
        to: IPv4Address = EVERYBODY,
        mac: str = "ff:ff:ff:ff:ff:ff",
    ) -> list[Answer]:
        """Send one message and return all answers to it."""
        ident = random.getrandbits(32)
        nothing = bytes(4)
        bootp = BOOTP.pack(
            *(1, 1, 6, 0, ident, 0, 0x8000 if source == ANY else 0),
            *(source.packed, nothing, nothing, nothing, self._mac, b"", b"", COOKIE),
        )
        said = {53: bytes([kind]), **(options or {}), 55: bytes([1, 3, 6, 15, 26])}
        payload = bootp + b"".join(
            bytes([code, len(value)]) + value for code, value in said.items()
        )
        frame = bytes.fromhex(mac.replace(":", "")) + self._mac + b"\x08\x00"
        self._wire.send(frame + _ip_udp(source, to, payload + b"\xff"))
        return self._answers(ident)

    def _answers(self, ident: int) -> list[Answer]:
        answers = []
        until = time.monotonic() + PATIENCE_SECONDS
        while (left := until - time.monotonic()) > 0:
            self._wire.settimeout(left)
            try:
                frame = self._wire.recv(2048)
            except TimeoutError:
                break
            answer = _answer(frame, ident)
            if answer is not None:
                answers.append(answer)
                until = min(until, time.monotonic() + MORE_SECONDS)
        return answers


def _ip_udp(source: IPv4Address, to: IPv4Address, payload: bytes) -> bytes:
    udp = struct.pack("!4H", 68, 67, 8 + len(payload), 0)  # no checksum
    header = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0, 64, 17, 0, source.packed, to.packed
    )
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return header[:10] + struct.pack("!H", ~total & 0xFFFF) + header[12:] + udp + payload


def _answer(frame: bytes, ident: int) -> Answer | None:
    """Return what the frame says, if it is an answer to this message."""
    body = frame[14 + 20 + 8 :]
    if frame[23] != 17 or len(body) < BOOTP.size or frame[34:36] != b"\x00\x43":
        return None
    fields = BOOTP.unpack_from(body)
    if (fields[0], fields[4]) != (2, ident):
        return None
    options, rest = {}, body[BOOTP.size :]
    while rest and rest[0] != 255:
        if rest[0] == 0:
            rest = rest[1:]
            continue
        options[rest[0]] = rest[2 : 2 + rest[1]]
        rest = rest[2 + rest[1] :]
    return Answer(
        NAMES[options[53][0]],
        IPv4Address(fields[8]),
        IPv4Address(options.get(54, bytes(4))),
        options,
    )
