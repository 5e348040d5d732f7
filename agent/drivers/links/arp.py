"""Gratuitous ARP: tells the neighbours and the switches that an address is here now.

Both forms are sent, as arping's -U and -A do: some hosts learn from requests only, some from
replies only. The first pair goes out at once, the rest a second apart, from a thread of their own.
"""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass
from ipaddress import IPv4Address

LOG = logging.getLogger(__name__)

ETH_P_ARP = 0x0806
ETH_P_IP = 0x0800
ARPHRD_ETHER = 1
REQUEST, REPLY = 1, 2
BROADCAST = b"\xff" * 6
SECONDS_APART = 1.0


def frames(mac: str, address: IPv4Address) -> tuple[bytes, bytes]:
    """Return the request and the reply that say that ``address`` is at ``mac``."""
    here = bytes.fromhex(mac.replace(":", ""))

    def frame(operation: int) -> bytes:
        ethernet = BROADCAST + here + struct.pack("!H", ETH_P_ARP)
        header = struct.pack("!HHBBH", ARPHRD_ETHER, ETH_P_IP, 6, 4, operation)
        return ethernet + header + here + address.packed + BROADCAST + address.packed

    return frame(REQUEST), frame(REPLY)


@dataclass(frozen=True)
class _Due:
    """One more pair of frames to send."""

    when: float  # on the monotonic clock
    device: str
    frames: tuple[bytes, bytes]
    left: int  # pairs after this one


class ArpAnnouncer:
    """Sends each announcement ``times`` times; nobody waits for it."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._due: deque[_Due] = deque()  # soonest first, because all wait equally long
        self._news = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def announce(self, device: str, mac: str, address: IPv4Address) -> None:
        """Announce the address on the device; one that is no Ethernet is passed over."""
        if self._times < 1 or len(mac) != len("00:00:00:00:00:00"):
            return
        first = _Due(time.monotonic(), device, frames(mac, address), self._times - 1)
        with self._news:
            self._due.appendleft(first)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="arp", daemon=True)
                self._thread.start()
            self._news.notify()

    def close(self) -> None:
        """Send nothing more."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            _send(due.device, due.frames)
            if due.left:
                again = _Due(due.when + SECONDS_APART, due.device, due.frames, due.left - 1)
                with self._news:
                    self._due.append(again)

    def _next(self) -> _Due | None:
        """Wait for what is due next; None: it is over."""
        with self._news:
            while not self._closed:
                wait = self._due[0].when - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return self._due.popleft()
                self._news.wait(wait)
        return None


def _send(device: str, pair: tuple[bytes, bytes]) -> None:
    # Protocol 0: a socket that only sends, and is never handed a copy of what is received.
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        for frame in pair:
            try:
                sender.sendto(frame, (device, ETH_P_ARP))
            except OSError as error:  # the device has gone or is down: nobody to tell
                LOG.debug("no announcement on %s: %s", device, error)
