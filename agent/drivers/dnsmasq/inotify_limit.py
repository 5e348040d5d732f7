"""``fs.inotify.max_user_instances``: each dnsmasq needs one of root's inotify instances.

The kernel's default of 128 is too small for a host with that many networks. Other programs of root
use instances, too, so nobody can tell in advance how many are needed: the limit is raised when a
dnsmasq could not start because of it, and never lowered.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from cloudnet.common.log_once import ConditionLog

LOG = logging.getLogger(__name__)

FILE = Path("/proc/sys/fs/inotify/max_user_instances")
SYSCTL = "sysctl fs.inotify.max_user_instances"
LARGEST = 1 << 16  # more than any host has networks: the cause must be another one


class InotifyLimit:
    """The limit of this machine; thread-safe."""

    def __init__(self, file: Path = FILE) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._conditions = ConditionLog(LOG)

    def read(self) -> int:
        """Return the limit."""
        return int(self._file.read_text())

    def raise_above(self, limit: int) -> bool:
        """Double the limit, unless it is above ``limit`` already; return False if that fails."""
        with self._lock:
            actual = self.read()
            if actual > limit:
                return True
            desired = max(2 * actual, 1)
            if desired > LARGEST:
                return False
            try:
                self._file.write_text(f"{desired}\n")
            except OSError as error:
                self._conditions.start(
                    SYSCTL,
                    f"{SYSCTL}: {actual} is too small and cannot be raised ({error.strerror}); "
                    f"each network needs one instance: set it to {desired} on the host",
                )
                return False
            LOG.info("%s: raised from %d to %d", SYSCTL, actual, desired)
            self._conditions.resolve(SYSCTL)
            return True
