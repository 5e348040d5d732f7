"""Notifies systemd that the host's network is ready (sd_notify(3)): guests start after that."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

LOG = logging.getLogger(__name__)


def notify_ready(environment: Mapping[str, str] = os.environ) -> None:
    """Send READY=1 if systemd waits for it."""
    path = environment.get("NOTIFY_SOCKET", "")
    if not path:
        return
    address = "\0" + path[1:] if path.startswith("@") else path  # @: an abstract socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.sendto(b"READY=1", address)
    except OSError as error:
        LOG.warning("cannot notify systemd that the network is ready: %s: %s", path, error)
