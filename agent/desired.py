"""The desired state of this host as the controller last sent it; all that RPC threads touch.

An older revision is dropped, whether a cast or a reply has it. A new one is on disk before the loop
wakes up, so that what was applied survives a restart.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from cloudnet.agent.dns_records import HostNames
from cloudnet.agent.obedience import Obedience, serves_guests
from cloudnet.agent.patches import EarlyPatches
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common.errors import BadRequest
from cloudnet.common.log_once import ConditionLog
from cloudnet.common.wire.objects import (
    DnsRecords,
    FixedRanges,
    NetworkGone,
    NetworkSnapshot,
    Origin,
    ReportReply,
    ServedAddress,
    Snapshot,
    SnapshotPatch,
    Undecoded,
)
from cloudnet.common.wire.patches import apply_patch
from cloudnet.common.wire.validate import validate

LOG = logging.getLogger(__name__)

INVALID = "dropped the snapshot"


@dataclass(frozen=True)
class DesiredState:
    """What this host must have, as the controller sent it."""

    snapshots: tuple[Snapshot, ...] = ()
    ranges: FixedRanges = field(default=FixedRanges(0, ()))
    # All networks of this host are known, from the controller or from disk.
    synced: bool = False
    dns: DnsRecords | None = None  # None: this host serves no names

    @cached_property
    def networks(self) -> list[NetworkSnapshot]:
        """The networks that this host must have."""
        return [each for each in self.snapshots if isinstance(each, NetworkSnapshot)]

    @cached_property
    def gone(self) -> list[NetworkGone]:
        """The networks that must be removed."""
        return [each for each in self.snapshots if isinstance(each, NetworkGone)]


@dataclass(frozen=True)
class Basis:
    """What a report is based on, so that the reply can be compared with it."""

    origin: Origin | None  # the newest that was obeyed
    desired: DesiredState
    lacks: tuple[str, ...] = ()  # networks with a patch whose base is not here yet


class DesiredStore:
    """Thread-safe; calls ``on_change`` after each ``put`` of something new."""

    def __init__(
        self,
        host: str,
        cache: SnapshotCache,
        on_change: Callable[[], None] = lambda: None,
        *,
        removable_share: float = 0.5,
        serves_names: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """:param removable_share: of the networks that serve guests; more is not removed at once"""
        self._host = host
        self._cache = cache
        self._on_change = on_change
        self._lock = threading.Lock()
        self._conditions = ConditionLog(LOG)
        stored = cache.load()
        self._snapshots = {each.network: each for each in stored.snapshots if each.host == host}
        self._early = EarlyPatches()
        self._forgotten: dict[str, int] = {}  # network → its last revision: late casts are older
        self._ranges = stored.ranges
        self._names = HostNames(stored.dns, cache.keep_dns, clock) if serves_names else None
        self._obedience = Obedience(stored.origin, removable_share)
        # This host had another name. It may still have the networks of that name.
        self._renamed = [each for each in stored.snapshots if each.host != host]
        self._synced = stored.synced and not self._renamed
        self._state: DesiredState | None = None  # None: built when it is needed
        if self._renamed:
            LOG.warning(
                "host %s: the snapshots on disk are of host %s (%d networks); nothing is removed "
                "before the controller replies",
                host,
                self._renamed[0].host,
                len(self._renamed),
            )

    def desired(self) -> DesiredState:
        """Return the current state; the same object until it changes."""
        with self._lock:
            if self._state is None:
                snapshots = tuple(self._snapshots.values())
                self._state = DesiredState(snapshots, self._ranges, self._synced, self._dns)
            return self._state

    @property
    def origin(self) -> Origin | None:
        """The newest origin that was obeyed."""
        return self._obedience.obeyed

    @property
    def held(self) -> str | None:
        """Why the controller's answers are refused; None: they are obeyed."""
        return self._obedience.held

    def list_served(self) -> tuple[ServedAddress, ...]:
        """Return the addresses of the guests that this host serves, and its own."""
        with self._lock:
            networks = [each for each in self._snapshots.values() if serves_guests(each)]
        return tuple(address for network in networks for address in _list_addresses(network))

    def put(self, snapshot: Snapshot) -> bool:
        """Take one network's snapshot from a cast, unless it is not newer.

        Return False if the cast was dropped, and the reply to a report may bring it.
        """
        with self._lock:
            if not self._may_cast(snapshot.origin):
                return self.held is not None
            if isinstance(snapshot, NetworkGone) and snapshot.network not in self._snapshots:
                # There is nothing to remove, and the controller may know that already from a
                # report. Only casts that are older than this one must still be dropped.
                newest = max(snapshot.revision, self._forgotten.get(snapshot.network, 0))
                self._forgotten[snapshot.network] = newest
                return True
            changed = self._take(snapshot)
        if changed:
            self._on_change()
        return True

    def put_patch(self, patch: SnapshotPatch) -> bool:
        """Take what has changed of one network's snapshot, if the host has the base of it.

        Return False if it has not, and the reply to a report must bring the snapshot.

        :raises InvalidInput: the snapshot that results is invalid
        """
        with self._lock:
            if not self._obedience.may_patch(patch.origin):
                return self.held is not None
            known = self._snapshots.get(patch.network)
            if known is not None and known.revision >= patch.revision:
                return True  # a duplicate, or late
            if not isinstance(known, NetworkSnapshot) or known.revision != patch.base:
                self._early.keep(patch)
                return False
            patched = validate(apply_patch(known, patch))
            changed = self._take(patched)
            if changed and self._obedience.obey(patched.origin):
                self._cache.keep_origin(self._obedience.obeyed)
        if changed:
            self._on_change()
        return True

    def put_ranges(self, ranges: FixedRanges) -> bool:
        """Take the fixed ranges from a cast, unless they are not newer; return as ``put`` does."""
        with self._lock:
            if not self._may_cast(ranges.origin):
                return self.held is not None
            changed = self._take_ranges(ranges)
        if changed:
            self._on_change()
        return True

    def put_dns(self, records: DnsRecords) -> bool:
        """Take names in DNS from a cast, unless they are not newer; return as ``put`` does."""
        with self._lock:
            if self._names is None:
                return True
            if not self._may_cast(records.origin):
                return self.held is not None
            if records.revision <= self._names.records.revision:
                return True
            is_taken = self._take_dns(records)
        if is_taken:
            self._on_change()
        return is_taken

    def get_basis(self) -> Basis:
        """Return what a report is based on."""
        return Basis(self.origin, self.desired(), self._early.networks)

    def keep_on_disk(self) -> None:
        """Write again what another program removed from the disk, and names that are due."""
        with self._lock:
            if self._names is not None:
                self._names.keep_if_due()
            known = self._snapshots.values()
            self._cache.restore(known, self._ranges, self._obedience.obeyed, self._dns)

    def put_reply(self, reply: ReportReply, basis: Basis | None = None) -> bool:
        """Take the controller's reply to a report; after the first one the state is synced.

        The controller knows what the host reported, so its reply counts, whatever the revisions,
        unless a newer snapshot came since the report. So a far too high revision is corrected.

        :param basis: of the report
        :return: whether it is obeyed
        """
        basis = basis or self.get_basis()
        with self._lock:
            valid = self._list_valid(reply.stale)
            is_complete = len(valid) == len(reply.stale)
            reply = replace(reply, stale=tuple(valid))
            if not self._obedience.judge(reply, basis.origin, self._snapshots):
                return False
            if self._obedience.obey(reply.origin, accepted=reply.accepted):
                self._cache.keep_origin(self._obedience.obeyed)
            for snapshot in reply.stale:
                # The report did not name this network, so the snapshot is newer than forget().
                self._forgotten.pop(snapshot.network, None)
            for network in basis.lacks:
                self._early.forget(network)  # the reply has the complete snapshot
            reported = {each.network: each.revision for each in basis.desired.snapshots}
            changes = [self._take(each, reported.get(each.network)) for each in valid]
            changes.append(self._take_ranges(reply.ranges, basis.desired.ranges.revision))
            if reply.dns is not None and self._dns is basis.desired.dns:
                changes.append(self._take_dns(reply.dns))
            self._cache.retry()
            # Of a network whose snapshot was dropped, the host may have something to keep.
            if not self._synced and is_complete:
                self._mark_synced()
                changes.append(True)
        if any(changes):
            self._on_change()
        return True

    def _list_valid(self, snapshots: Iterable[Snapshot | Undecoded]) -> list[Snapshot]:
        """Return those that are valid; the others come again with each reply."""
        valid, invalid = [], {}
        for snapshot in snapshots:
            try:
                if isinstance(snapshot, Undecoded):
                    raise BadRequest(snapshot.reason)
                valid.append(validate(snapshot))
            except BadRequest as error:
                line = f"{INVALID} of network {snapshot.network!s:.36}"
                invalid[line] = f"{line}: {error!s:.300}"
        self._conditions.update(invalid)
        return valid

    def _may_cast(self, origin: Origin | None) -> bool:
        if not self._obedience.may_cast(origin):
            return False
        if self._obedience.obey(origin):
            self._cache.keep_origin(self._obedience.obeyed)
        return True

    def forget(self, gone: NetworkGone) -> None:
        """Forget a network of which nothing is left here, once the controller knows that."""
        with self._lock:
            if self._snapshots.get(gone.network) == gone:
                del self._snapshots[gone.network]
                self._state = None
                self._forgotten[gone.network] = gone.revision
                self._early.forget(gone.network)
                self._cache.forget(gone.network)

    def _take(self, snapshot: Snapshot, reported: int | None = None) -> bool:
        """Take a snapshot that is newer, or that replies to a report of the one that is known."""
        if snapshot.host != self._host:
            LOG.warning(
                "network %s: dropped a snapshot for host %s; this is host %s",
                snapshot.network,
                snapshot.host,
                self._host,
            )
            return False
        known = self._snapshots.get(snapshot.network)
        newest = self._forgotten.get(snapshot.network, 0) if known is None else known.revision
        is_answer = known is not None and known.revision == reported != snapshot.revision
        if newest >= snapshot.revision and not is_answer:
            return False
        snapshot = self._apply_early(snapshot)
        self._cache.keep(snapshot)
        self._snapshots[snapshot.network] = snapshot
        self._state = None
        return True

    def _apply_early(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot with the patches that came before it."""
        patch = self._early.take(snapshot.network, snapshot.revision)
        while patch is not None and isinstance(snapshot, NetworkSnapshot):
            try:
                snapshot = validate(apply_patch(snapshot, patch))
            except BadRequest as error:
                LOG.warning("dropped a patch of a snapshot: %.300s", error)
                break
            patch = self._early.take(snapshot.network, snapshot.revision)
        return snapshot

    def _take_ranges(self, ranges: FixedRanges, reported: int | None = None) -> bool:
        is_answer = self._ranges.revision == reported != ranges.revision
        if ranges.revision <= self._ranges.revision and not is_answer:
            return False
        self._cache.keep_ranges(ranges)
        self._ranges = ranges
        self._state = None
        return True

    @property
    def _dns(self) -> DnsRecords | None:
        return None if self._names is None else self._names.records

    def _take_dns(self, records: DnsRecords) -> bool:
        if self._names is None or not self._names.take(records):
            return False
        self._state = None
        return True

    def _mark_synced(self) -> None:
        for snapshot in self._renamed:
            if snapshot.network not in self._snapshots:
                self._cache.forget(snapshot.network)
        self._renamed.clear()
        self._cache.keep_synced()
        self._synced = True
        self._state = None


def _list_addresses(network: Snapshot) -> Iterator[ServedAddress]:
    if isinstance(network, NetworkSnapshot) and network.host_address is not None:
        yield ServedAddress(network.network, network.host_address)
        for vif in network.vifs:
            yield ServedAddress(network.network, vif.address, vif.mac, vif.instance, vif.hostname)
