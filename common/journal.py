"""systemd's journal: its native protocol, a datagram of fields for each record.

Written here because the Python bindings of systemd are seldom installed, and pip builds them from
C. With this protocol each record has its priority (``journalctl -p warning``).
"""

from __future__ import annotations

import logging
import socket
import struct
from pathlib import Path

from cloudnet.common.errors import ConfigurationError

SOCKET = Path("/run/systemd/journal/socket")
MAX_BYTES = 128 * 1024  # of a message; a datagram has a limit, by default 208 KiB

_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_DEBUG = 7


class JournalHandler(logging.Handler):
    """Sends records to the journal.

    :param name: of the program; the journal's SYSLOG_IDENTIFIER
    :raises ConfigurationError: the journal does not run here
    """

    def __init__(self, name: str, path: Path = SOCKET) -> None:
        super().__init__()
        if not path.is_socket():
            raise ConfigurationError(
                f"[DEFAULT] use_journal = true: there is no {path}: systemd's journal does not run "
                "here; leave use_journal out, and records go to stderr"
            )
        self._name = name
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        fields = {
            "MESSAGE": self.format(record),
            "PRIORITY": str(get_priority(record.levelno)),
            "SYSLOG_IDENTIFIER": self._name,
            "LOGGER": record.name,
            "CODE_FILE": record.pathname,
            "CODE_LINE": str(record.lineno),
            "CODE_FUNC": record.funcName or "",
            "THREAD_NAME": record.threadName or "",
        }
        datagram = b"".join(encode_field(name, value) for name, value in fields.items())
        self._socket.sendto(datagram, self._path)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        super().close()


def get_priority(level: int) -> int:
    """Return syslog's priority of a log level."""
    return next((priority for lowest, priority in _PRIORITIES if level >= lowest), _DEBUG)


def encode_field(name: str, value: str) -> bytes:
    """Return a field as the protocol has it: ``NAME=value``, or with its length if it has lines."""
    data = value.encode(errors="replace")[:MAX_BYTES]
    if b"\n" not in data:
        return name.encode() + b"=" + data + b"\n"
    return name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
