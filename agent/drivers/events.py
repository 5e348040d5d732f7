"""Notices at once that links, addresses, routes or dnsmasq processes were changed by others.

Receives the kernel's netlink events and the ends of our dnsmasq processes. It does not interpret
them: the host is read anyway. There are no events for iptables, files and sysctls; see
``Driver.has_drifted``.
"""

from __future__ import annotations

import errno
import logging
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from cloudnet.agent.drivers.dnsmasq.processes import Process

LOG = logging.getLogger(__name__)

RTMGRP_LINK = 0x1
RTMGRP_IPV4_IFADDR = 0x10
RTMGRP_IPV4_ROUTE = 0x40
GROUPS = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE
SO_RCVBUFFORCE = 33  # which the socket module does not name: above net.core.rmem_max, for root
RECEIVE_BYTES = 1 << 20  # the events of some 400 changes, while the thread waits for the processor
# The start of a guest is a dozen events within milliseconds: they need one read of the host.
SETTLE_SECONDS = 0.1
LONGEST_SECONDS = 1.0  # on a host where something changes all the time


class OnChange(Protocol):
    """What is called when something may have changed."""

    def __call__(self, *, lost: bool) -> None:
        """Have the host read.

        :param lost: the kernel dropped events because they came too fast
        """


class EventListener:
    """A thread that calls ``on_change`` soon after events, for many of them once."""

    def __init__(self, on_change: OnChange, receive_bytes: int = RECEIVE_BYTES) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self._descriptors: dict[Process, int] = {}
        self._lost = False
        self._selector = selectors.DefaultSelector()
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._netlink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, receive_bytes)
        self._netlink.bind((0, GROUPS))
        self._netlink.setblocking(False)
        self._selector.register(self._netlink, selectors.EVENT_READ)
        self._closed, self._closing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._selector.register(self._closed, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._thread.start()

    def follow(self, processes: Iterable[Process]) -> None:
        """Count the end of each of these processes as a change, too."""
        with self._lock:
            for process in processes:
                if process not in self._descriptors:
                    # It ended already; or there are too many files: reads show its end then.
                    with suppress(OSError):
                        descriptor = os.pidfd_open(process.pid)
                        self._descriptors[process] = descriptor
                        self._selector.register(descriptor, selectors.EVENT_READ, process)

    def close(self) -> None:
        """End the thread."""
        os.close(self._closing)  # makes the other end of the pipe readable
        self._thread.join()
        with self._lock:
            for process in list(self._descriptors):
                self._drop(process)
        self._selector.close()
        self._netlink.close()
        os.close(self._closed)

    def _run(self) -> None:
        since: float | None = None  # the first event that was not passed on yet
        while True:
            ready = self._selector.select(None if since is None else SETTLE_SECONDS)
            if any(key.fd == self._closed for key, _ in ready):
                return
            for key, _ in ready:
                self._receive(key)
            now = time.monotonic()
            since = since if since is not None else now
            if not ready or now - since >= LONGEST_SECONDS:
                since = None
                lost, self._lost = self._lost, False
                self._on_change(lost=lost)

    def _receive(self, key: selectors.SelectorKey) -> None:
        if key.fileobj is self._netlink:
            self._receive_events()
        elif isinstance(key.data, Process):
            LOG.debug("dnsmasq: pid %d ended", key.data.pid)
            with self._lock:
                self._drop(key.data)

    def _receive_events(self) -> None:
        """Receive all events that wait, and note whether some were lost."""
        while True:
            try:
                self._netlink.recv(65536)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    LOG.warning("cannot receive netlink events: %s", error)
                    return
                self._lost = True

    def _drop(self, process: Process) -> None:
        descriptor = self._descriptors.pop(process, None)
        if descriptor is not None:
            self._selector.unregister(descriptor)
            os.close(descriptor)
