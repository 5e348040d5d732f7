"""Gratuitous ARP: announces to neighbours and switches that an address is on this host now.

Both forms are sent, like those of arping's -U and -A: some hosts learn from requests only, some
from replies only. The first pair is sent at once, the others a second apart, in a thread.
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


def build_frames(mac: str, address: IPv4Address) -> tuple[bytes, bytes]:
    """Return the request and the reply that announce ``address`` at ``mac``."""
    sender = bytes.fromhex(mac.replace(":", ""))

    def build(operation: int) -> bytes:
        ethernet = BROADCAST + sender + struct.pack("!H", ETH_P_ARP)
        header = struct.pack("!HHBBH", ARPHRD_ETHER, ETH_P_IP, 6, 4, operation)
        return ethernet + header + sender + address.packed + BROADCAST + address.packed

    return build(REQUEST), build(REPLY)


@dataclass(frozen=True)
class _Announcement:
    """One pair of frames to send."""

    due: float  # on the monotonic clock
    device: str
    frames: tuple[bytes, bytes]
    left: int  # pairs after this one


class ArpAnnouncer:
    """Sends each announcement ``times`` times, without making its caller wait."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._queue: deque[_Announcement] = deque()  # soonest first: all wait equally long
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def announce(self, device: str, mac: str, address: IPv4Address) -> None:
        """Announce the address on the device, if that is Ethernet."""
        if self._times < 1 or len(mac) != len("00:00:00:00:00:00"):
            return
        frames = build_frames(mac, address)
        with self._changed:
            self._queue.appendleft(_Announcement(time.monotonic(), device, frames, self._times - 1))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="arp", daemon=True)
                self._thread.start()
            self._changed.notify()

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
                if announcement.left:
                    with self._changed:
                        self._queue.append(
                            _Announcement(
                                announcement.due + SECONDS_APART,
                                announcement.device,
                                announcement.frames,
                                announcement.left - 1,
                            )
                        )

    def _wait_for_next(self) -> _Announcement | None:
        """Wait until an announcement is due and return it; None: the announcer is closed."""
        with self._changed:
            while not self._closed:
                wait = self._queue[0].due - time.monotonic() if self._queue else None
                if wait is not None and wait <= 0:
                    return self._queue.popleft()
                self._changed.wait(wait)
        return None


def _send(sender: socket.socket, announcement: _Announcement) -> None:
    for frame in announcement.frames:
        try:
            sender.sendto(frame, (announcement.device, ETH_P_ARP))
        except OSError as error:  # the device is gone or down
            LOG.debug("no announcement on %s: %s", announcement.device, error)
