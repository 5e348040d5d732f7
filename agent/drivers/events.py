"""Wakes the loop when something that it made may have been changed by others.

Listens to the kernel's own announcements of links, addresses and routes, and to the ends of our
dnsmasq processes. It does not look at what has changed: the loop reads everything anyway. iptables
announces nothing; what is done to our rules shows at the next reading.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from cloudnet.agent.node.resources.dnsmasq import Process

LOG = logging.getLogger(__name__)

RTMGRP_LINK = 0x1
RTMGRP_IPV4_IFADDR = 0x10
RTMGRP_IPV4_ROUTE = 0x40
GROUPS = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE
# A guest's start is a dozen announcements within some milliseconds: one reading is enough for all.
SETTLE_SECONDS = 0.1
AT_MOST_SECONDS = 1.0  # a node where something changes all the time is still looked at


class Watch:
    """A thread that calls ``wake`` at most every tenth of a second."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = threading.Lock()
        self._descriptors: dict[Process, int] = {}
        self._selector = selectors.DefaultSelector()
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._netlink.bind((0, GROUPS))
        self._netlink.setblocking(False)
        self._selector.register(self._netlink, selectors.EVENT_READ)
        self._end, self._ending = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._selector.register(self._end, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def follow(self, processes: frozenset[Process]) -> None:
        """Watch for the ends of these processes, and of no others."""
        with self._lock:
            for gone in self._descriptors.keys() - processes:
                self._drop(gone)
            for one in processes - self._descriptors.keys():
                with suppress(ProcessLookupError):  # ended already; the next reading tells
                    descriptor = os.pidfd_open(one.pid)
                    self._descriptors[one] = descriptor
                    self._selector.register(descriptor, selectors.EVENT_READ, one)

    def close(self) -> None:
        """End the thread."""
        os.close(self._ending)  # the thread sees the end of the pipe
        self._thread.join()
        with self._lock:
            for one in list(self._descriptors):
                self._drop(one)
        self._selector.close()
        self._netlink.close()
        os.close(self._end)

    def _run(self) -> None:
        since: float | None = None  # when the first announcement came that is not told yet
        while True:
            ready = self._selector.select(None if since is None else SETTLE_SECONDS)
            if any(key.fd == self._end for key, _ in ready):
                return
            for key, _ in ready:
                self._take(key)
            now = time.monotonic()
            since = since if since is not None else now
            if not ready or now - since >= AT_MOST_SECONDS:
                since = None
                self._wake()

    def _take(self, key: selectors.SelectorKey) -> None:
        """Take in what a descriptor has to say."""
        if key.fileobj is self._netlink:
            # ENOBUFS says that some were lost, which is news as well; then the next one comes.
            with suppress(OSError):
                while True:
                    self._netlink.recv(65536)
        elif isinstance(key.data, Process):
            LOG.debug("dnsmasq, pid %d, has ended", key.data.pid)
            with self._lock:
                self._drop(key.data)

    def _drop(self, one: Process) -> None:
        descriptor = self._descriptors.pop(one, None)
        if descriptor is not None:
            self._selector.unregister(descriptor)
            os.close(descriptor)
