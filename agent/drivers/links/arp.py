"""Gratuitous ARP: announces to neighbours and switches that an address is on this host now.

Both forms are sent, because some hosts learn from requests only, and some from replies only. Linux
takes the reply for an announcement only if its target is its sender; else an entry of its own that
is younger than a second stays as it is.

The first pair is sent at once; the others follow, in a thread, after growing pauses: a port of a
bridge or a switch may pass nothing for the first second.
"""

from __future__ import annotations

import heapq
import logging
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from ipaddress import IPv4Address

LOG = logging.getLogger(__name__)

ETH_P_ARP = 0x0806
ETH_P_IP = 0x0800
ARPHRD_ETHER = 1
REQUEST, REPLY = 1, 2
BROADCAST = b"\xff" * 6
NOBODY = bytes(6)
FIRST_PAUSE = 1.0  # seconds; each further one is twice as long
LONGEST_PAUSE = 4.0

Key = tuple[str, IPv4Address]  # device, address


def build_frames(mac: str, address: IPv4Address) -> tuple[bytes, bytes]:
    """Return the request and the reply that announce ``address`` at ``mac``."""
    sender = bytes.fromhex(mac.replace(":", ""))

    def build(operation: int, target: bytes) -> bytes:
        ethernet = BROADCAST + sender + struct.pack("!H", ETH_P_ARP)
        header = struct.pack("!HHBBH", ARPHRD_ETHER, ETH_P_IP, 6, 4, operation)
        return ethernet + header + sender + address.packed + target + address.packed

    return build(REQUEST, NOBODY), build(REPLY, sender)


@dataclass(order=True)
class _Announcement:
    """The pairs of frames that are still to be sent for one address."""

    due: float  # on the monotonic clock
    key: Key = field(compare=False)
    frames: tuple[bytes, bytes] = field(compare=False)
    left: int = field(compare=False)  # pairs, with the one that is due
    pause: float = field(default=FIRST_PAUSE, compare=False)


class ArpAnnouncer:
    """Sends each announcement ``times`` times, without making its caller wait."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._queue: list[_Announcement] = []  # a heap: soonest first
        self._current: dict[Key, _Announcement] = {}  # those in the queue that still count
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def announce(self, device: str, mac: str, address: IPv4Address) -> None:
        """Announce the address on the device, if that is Ethernet, and at no other MAC any more."""
        if self._times < 1 or len(mac) != len("00:00:00:00:00:00"):
            return
        key = device, address
        frames = build_frames(mac, address)
        announcement = _Announcement(time.monotonic(), key, frames, self._times)
        with self._changed:
            self._current[key] = announcement
            heapq.heappush(self._queue, announcement)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="arp", daemon=True)
                self._thread.start()
            self._changed.notify()

    def withdraw(self, device: str, address: IPv4Address) -> None:
        """Send no more announcements of the address on the device."""
        with self._changed:
            self._current.pop((device, address), None)

    def close(self) -> None:
        """Send nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        # Protocol 0: a socket that only sends; it gets no copies of what the host receives.
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
            while (announcement := self._wait_for_next()) is not None:
                _send(sender, announcement)
                self._repeat(announcement)

    def _wait_for_next(self) -> _Announcement | None:
        """Wait until an announcement is due and return it; None: the announcer is closed."""
        with self._changed:
            while not self._closed:
                wait = self._queue[0].due - time.monotonic() if self._queue else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                announcement = heapq.heappop(self._queue)
                if self._current.get(announcement.key) is announcement:
                    return announcement
        return None

    def _repeat(self, sent: _Announcement) -> None:
        """Send the announcement again later, unless it was withdrawn or replaced meanwhile."""
        with self._changed:
            if self._current.get(sent.key) is not sent:
                return
            sent.left -= 1
            if not sent.left:
                del self._current[sent.key]
                return
            sent.due += sent.pause
            sent.pause = min(sent.pause * 2, LONGEST_PAUSE)
            heapq.heappush(self._queue, sent)


def _send(sender: socket.socket, announcement: _Announcement) -> None:
    device, _ = announcement.key
    for frame in announcement.frames:
        try:
            sender.sendto(frame, (device, ETH_P_ARP))
        except (OSError, UnicodeError) as error:  # the device is gone or down; or has an odd name
            LOG.debug("no announcement on %s: %s", device, error)
