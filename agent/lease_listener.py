"""Hears of lease events from ``cloudnet-dhcpbridge``, one datagram each, and hands them on."""

from __future__ import annotations

import errno
import logging
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cloudnet.common.errors import KernelRefused
from cloudnet.common.limits import is_mac

LOG = logging.getLogger(__name__)

LONGEST = 4096
CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
WORDS = 5


@dataclass(frozen=True)
class LeaseEvent:
    """What dnsmasq did with a lease."""

    action: str  # add, del
    network: str  # uuid; empty: dnsmasq was started by somebody else
    mac: str
    address: IPv4Address
    hostname: str  # empty: the guest named none

    @classmethod
    def of(cls, datagram: bytes) -> LeaseEvent:
        """Read what dhcpbridge sends.

        :raises ValueError: with what is wrong
        """
        words = datagram.decode(errors="replace").split("\t")
        if len(words) != WORDS:
            raise ValueError(f"{len(words)} words")
        action, network, mac, address, hostname = words
        if action not in {"add", "del"}:
            raise ValueError(f"action {action!r}")
        if not is_mac(mac):
            raise ValueError(f"MAC {mac!r}")
        return cls(action, network, mac, IPv4Address(address), hostname)


class LeaseListener:
    """A Unix datagram socket and the thread that reads it."""

    def __init__(self, path: Path, on_event: Callable[[LeaseEvent], None]) -> None:
        """Take the socket's place.

        :raises KernelRefused: another agent listens there, or the place cannot be had
        """
        self._path = path
        self._on_event = on_event
        self._socket = _bound(path)
        self._inode = path.stat().st_ino
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and leave the place free."""
        self._closing.set()
        if self._thread.is_alive():
            # Not by way of the path, which somebody may have removed.
            self._socket.shutdown(socket.SHUT_RD)
            self._thread.join()
        self._socket.close()
        if self._path.exists() and self._path.stat().st_ino == self._inode:
            self._path.unlink()

    def _run(self) -> None:
        while True:
            datagram, ancillary, _, _ = self._socket.recvmsg(
                LONGEST, socket.CMSG_SPACE(CREDENTIALS.size)
            )
            if self._closing.is_set():
                return
            if _uid(ancillary) != 0:
                LOG.warning(
                    "dropped a lease event from user %s: only root's count", _uid(ancillary)
                )
                continue
            try:
                event = LeaseEvent.of(datagram)
            except ValueError as error:
                LOG.warning("dropped a lease event that makes no sense: %s", error)
                continue
            try:
                self._on_event(event)
            except Exception:
                LOG.exception("a lease event was lost: %s", event)


def _bound(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        _clear(path)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        listener.bind(str(path))
        path.chmod(0o600)
    except OSError as error:
        listener.close()
        raise KernelRefused(
            f"cannot listen for lease events on {path}: {error.strerror}"
        ) from error
    except KernelRefused:
        listener.close()
        raise
    return listener


def _clear(path: Path) -> None:
    """Remove the socket of an agent that is no more; never that of a living one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(str(path))
        except OSError as error:
            if error.errno == errno.ECONNREFUSED:  # a socket file that nobody listens on
                path.unlink(missing_ok=True)
            return
    raise KernelRefused(f"another agent listens on {path}; stop it, or set another state_path")


def _uid(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            uid: int = CREDENTIALS.unpack_from(data)[1]
            return uid
    return None
