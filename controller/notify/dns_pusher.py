"""Sends changed names to a DNS server, from a thread of its own, until the server has them.

Each controller does this. The names are sent as they are in the database at that moment, and read
again afterwards, so the last update has the current state. Controllers therefore need no lock while
they wait for a server.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Protocol

from cloudnet.common.errors import CloudnetError, DnsServerRefused
from cloudnet.common.log_once import ConditionLog
from cloudnet.common.retry import Backoff
from cloudnet.controller.model.dns import DnsKey, NameState
from cloudnet.controller.model.dns_updates import RecordSet, Zones, get_full_name, list_forward

LOG = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5  # between two searches for changes
BACKOFF = Backoff(first_seconds=1.0, longest_seconds=30.0)
MOST_NAMES = 500  # that are sent before they are read again


@dataclass(frozen=True)
class Changes:
    """The names that changed since the server was last sent all that had changed."""

    revision: int
    names: tuple[NameState, ...]


class NameSource(Protocol):
    """The names in the database."""

    def list_changes(self) -> Changes | None:
        """Return what the server lacks; None: nothing."""

    def read_names(self, keys: Sequence[DnsKey]) -> list[NameState]:
        """Return names as they are now."""

    def list_reverse(self, addresses: Iterable[IPv4Address], zones: Zones) -> list[RecordSet]:
        """Return the reverse records of addresses."""

    def record_pushed(self, revision: int) -> None:
        """Record that the server has all changes up to a revision."""


class NameServer(Protocol):
    """A DNS server that takes updates."""

    def list_addresses(self, name: str) -> set[IPv4Address]:
        """Return the addresses that the server has for a name.

        :raises DnsServerRefused: it does not reply, or refuses
        """

    def update(self, zone: str, records: Sequence[RecordSet]) -> None:
        """Replace record sets of one zone.

        :raises DnsServerRefused: it does not reply, or refuses
        """


class DnsPusher:
    """Sends what the server lacks."""

    def __init__(self, source: NameSource, server: NameServer, zones: Zones) -> None:
        self._source = source
        self._server = server
        self._zones = zones
        self._conditions = ConditionLog(LOG)
        self._failures = 0  # in a row
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dns-pusher", daemon=True)

    def start(self) -> None:
        """Send what the server lacks now, and whatever changes from now on."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """End the thread; what was not sent is sent by another controller, or later."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def push(self) -> bool:
        """Send what the server lacks; return whether it has all of it."""
        changes = self._source.list_changes()
        if changes is None:
            return True
        refused: dict[str, str] = {}
        for start in range(0, len(changes.names), MOST_NAMES):
            self._push_names(changes.names[start : start + MOST_NAMES], refused)
        self._conditions.update(refused)
        if not refused:
            self._source.record_pushed(changes.revision)
            LOG.info("DNS server: sent %d changed names", len(changes.names))
        return not refused

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                is_done = self.push()
            except CloudnetError as error:  # no database
                LOG.debug("names are not sent to the DNS server: %s", error)
                is_done = False
            except Exception:
                LOG.exception("sending names to the DNS server failed")
                is_done = False
            self._failures = 0 if is_done else self._failures + 1
            pause = PAUSE_SECONDS if is_done else BACKOFF.pause_seconds(self._failures)
            self._stop.wait(pause)

    def _push_names(self, names: Sequence[NameState], refused: dict[str, str]) -> None:
        while names:
            addresses = self._list_addresses(names, refused)
            self._send(list_forward(names, self._zones), refused)
            self._send(self._source.list_reverse(addresses, self._zones), refused)
            now = self._source.read_names([(each.domain, each.name) for each in names])
            names = [each for each in now if each not in names]

    def _list_addresses(
        self, names: Sequence[NameState], refused: dict[str, str]
    ) -> set[IPv4Address]:
        """Return the addresses of names, and those that they had, if reverse names are sent."""
        if not any(zone.endswith(".in-addr.arpa") for zone in self._zones.names):
            return set()
        found = {each.address for each in names if each.address is not None}
        for each in names:
            name = get_full_name(each)
            zone = self._zones.find(name, each.domain)
            if zone is None or _describe(zone) in refused:
                continue
            try:
                found |= self._server.list_addresses(name)
            except DnsServerRefused as error:
                _note(refused, zone, error)
        return found

    def _send(self, records: Iterable[RecordSet], refused: dict[str, str]) -> None:
        by_zone: dict[str, list[RecordSet]] = {}
        for record in records:
            by_zone.setdefault(record.zone, []).append(record)
        for zone, own in by_zone.items():
            if _describe(zone) in refused:
                continue  # one wait for each zone is enough
            try:
                self._server.update(zone, own)
            except DnsServerRefused as error:
                _note(refused, zone, error)


def _describe(zone: str) -> str:
    return f"DNS zone {zone}: not updated"


def _note(refused: dict[str, str], zone: str, error: DnsServerRefused) -> None:
    refused[_describe(zone)] = f"{_describe(zone)} ({error}); retrying every {BACKOFF}"
