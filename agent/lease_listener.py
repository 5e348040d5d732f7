"""Receives lease events from ``cloudnet-dhcpbridge``, one datagram each, and passes them on."""

from __future__ import annotations

import errno
import logging
import select
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cloudnet.common.errors import KernelRefused
from cloudnet.common.limits import is_mac
from cloudnet.common.log_once import ConditionLog

LOG = logging.getLogger(__name__)

LONGEST_DATAGRAM = 4096
CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
FIELDS = 5
LOST = "the socket for lease events is lost"
CHECK_SECONDS = 3.0  # between two checks that the socket is still at its path


@dataclass(frozen=True)
class LeaseEvent:
    """One change of a lease by dnsmasq."""

    action: str  # add, del
    network: str  # uuid; empty: cloudnet did not start this dnsmasq
    mac: str
    address: IPv4Address
    hostname: str  # empty: the guest sent none

    @classmethod
    def parse(cls, datagram: bytes) -> LeaseEvent:
        """Return the event in a datagram of dhcpbridge.

        :raises ValueError: with what is wrong
        """
        fields = datagram.decode(errors="replace").split("\t")
        if len(fields) != FIELDS:
            raise ValueError(f"{len(fields)} fields instead of {FIELDS}")
        action, network, mac, address, hostname = fields
        if action not in {"add", "del"}:
            raise ValueError(f"action {action!r}")
        if not is_mac(mac):
            raise ValueError(f"MAC {mac!r}")
        return cls(action, network, mac, IPv4Address(address), hostname)


class LeaseListener:
    """A Unix datagram socket and the thread that reads it."""

    def __init__(
        self,
        path: Path,
        on_event: Callable[[LeaseEvent], None],
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        """Bind the socket.

        :param check_seconds: without an event, after which a socket that was removed is replaced
        :raises KernelRefused: another agent listens there, or the socket cannot be created
        """
        self._path = path
        self._on_event = on_event
        self._check_seconds = check_seconds
        self._conditions = ConditionLog(LOG)
        self._bind()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-listener", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and delete the socket."""
        self._closing.set()
        if self._thread.is_alive():
            # Ends the read even if the path was deleted, which a datagram could not.
            self._socket.shutdown(socket.SHUT_RD)
            self._thread.join()
        self._socket.close()
        if self._is_bound():
            self._path.unlink()

    def _bind(self) -> None:
        self._socket = _bind(self._path)
        self._inode = self._path.stat().st_ino

    def _is_bound(self) -> bool:
        """Return whether senders that use the path reach this socket."""
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def _bind_again(self) -> None:
        """Bind a new socket if the path was removed, so that no further event is lost."""
        if self._is_bound():
            return
        former = self._socket
        try:
            self._bind()
        except (KernelRefused, OSError) as error:
            line = f"{LOST}: {error}; the reports carry all leases meanwhile"
            self._conditions.start(LOST, line)
            return
        former.close()
        self._conditions.resolve(LOST)
        LOG.warning("%s: was removed by another program; created again", self._path)

    def _run(self) -> None:
        while True:
            # Not a timeout of the socket: with one, a shutdown does not end recvmsg().
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            if not poll.poll(self._check_seconds * 1000):
                if self._closing.is_set():
                    return
                self._bind_again()
                continue
            datagram, ancillary, _, _ = self._socket.recvmsg(
                LONGEST_DATAGRAM, socket.CMSG_SPACE(CREDENTIALS.size)
            )
            if self._closing.is_set():
                return
            if _uid(ancillary) != 0:
                LOG.warning(
                    "dropped a lease event from user id %s: only root may send them",
                    _uid(ancillary),
                )
                continue
            try:
                event = LeaseEvent.parse(datagram)
            except ValueError as error:
                LOG.warning("dropped an invalid lease event: %s", error)
                continue
            try:
                self._on_event(event)
            except Exception:
                LOG.exception("lease of %s: its event was lost by a bug in cloudnet", event.address)


def _bind(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        _delete_abandoned(path)
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


def _delete_abandoned(path: Path) -> None:
    """Delete the socket of an agent that has ended, but not that of a running one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(str(path))
        except OSError as error:
            if error.errno == errno.ECONNREFUSED:  # nobody listens on it
                path.unlink(missing_ok=True)
            return
    raise KernelRefused(f"another agent listens on {path}; stop it, or set another state_path")


def _uid(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in ancillary:
        is_sender = (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS)
        if is_sender and len(data) >= CREDENTIALS.size:
            uid: int = CREDENTIALS.unpack_from(data)[1]
            return uid
    return None
