"""What agents tell: heartbeats with what stands on a host, and lease events."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from ipaddress import IPv4Address

from cloudnet.common.topics import AGENT_TOPIC, CONTROLLER_TOPIC
from cloudnet.common.wire.objects import (
    OUT_OF_SYNC,
    NetworkGone,
    Report,
    ReportedLease,
    ReportReply,
    Snapshot,
)
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import host_problems as host_problem_rows
from cloudnet.controller.db.rows import leases as lease_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.records import HostNetwork
from cloudnet.controller.service.hosts.snapshots import SnapshotReader, read_snapshot

LOG = logging.getLogger(__name__)


class HostReports:
    """The use cases around one host."""

    def __init__(self, database: Database, snapshots: SnapshotReader, clock: Clock) -> None:
        self._database = database
        self._snapshots = snapshots
        self._clock = clock

    def process_report(self, report: Report) -> ReportReply:
        """Take a heartbeat and return what the host lacks or has too much.

        Casts may be lost, doubled or late: what is told here puts all of it right.
        """

        def work(connection: Connection) -> ReportReply:
            now = self._clock()
            service_rows.record_heartbeat(
                connection, report.host, "cloudnet-agent", AGENT_TOPIC, now
            )
            _note_problems(connection, report, now)
            if report.leases is not None:
                _note_leases(connection, report.host, report.leases)
            stale = _note_applied(connection, report, now)
            return ReportReply(self._snapshots.get_ranges_in(connection), tuple(stale))

        picture = self._database.write(work)
        if picture.stale:
            LOG.debug("host %s is behind on %d networks", report.host, len(picture.stale))
        return picture

    def record_lease(self, address: IPv4Address, mac: str | None = None) -> None:
        """Record that a DHCP server has handed out an address."""
        self._lease_event(address, mac, leased=True)

    def record_lease_end(self, address: IPv4Address, mac: str | None = None) -> None:
        """Record that a DHCP server has taken an address back.

        With a MAC, only if the address does not belong to another by now.
        """
        self._lease_event(address, mac, leased=False)

    def _lease_event(self, address: IPv4Address, mac: str | None, *, leased: bool) -> None:
        def work(connection: Connection) -> bool:
            return lease_rows.set_leased(connection, address, mac, leased=leased)

        if not self._database.write(work):
            LOG.debug("lease event of %s (%s): no news, or not ours", address, mac)

    def record_heartbeat(self, host: str) -> None:
        """Record this controller's own heartbeat."""

        def work(connection: Connection) -> None:
            now = self._clock()
            service_rows.record_heartbeat(
                connection, host, "cloudnet-controller", CONTROLLER_TOPIC, now
            )

        self._database.write(work)


def _note_problems(connection: Connection, report: Report, now: datetime) -> None:
    known = host_problem_rows.list_for_host(connection, report.host)
    if known == list(report.faults):
        return
    host_problem_rows.replace(connection, report.host, report.faults, now)
    for fault in report.faults:
        if fault not in known:
            LOG.warning("host %s: %s", report.host, fault.message)


def _note_leases(connection: Connection, host: str, leases: Sequence[ReportedLease]) -> None:
    """Set the ``leased`` flags of all that the host serves to what it says."""
    handed_out = {lease.address: lease.mac for lease in leases}
    out: list[int] = []
    back: list[int] = []
    for row in lease_rows.list_leasable(connection, host):
        mac = handed_out.get(row.address)
        # The previous holder's lease says nothing of the guest that has the address now.
        leased = mac is not None and (row.mac is None or row.mac == mac)
        if leased != row.leased:
            (out if leased else back).append(row.fixed_ip_id)
    lease_rows.set_leased_rows(connection, out, leased=True)
    lease_rows.set_leased_rows(connection, back, leased=False)


def _note_applied(connection: Connection, report: Report, now: datetime) -> list[Snapshot]:
    """Record what stands on the host and return what should stand there instead."""
    stands = {applied.network: applied.revision for applied in report.applied}
    rows = {
        row.network_uuid: row for row in host_network_rows.list_for_host(connection, report.host)
    }
    for uuid in sorted(stands.keys() - rows.keys()):
        # Nobody here knows why it has this: from now on it is to be gone, until it says so.
        rows[uuid] = host_network_rows.add_unknown_network(
            connection, report.host, uuid, stands[uuid] + 1, now
        )
    stale = []
    for row in rows.values():
        snapshot = _compare(connection, row, stands, now)
        if snapshot is not None:
            stale.append(snapshot)
    return stale


def _compare(
    connection: Connection, row: HostNetwork, stands: Mapping[str, int], now: datetime
) -> Snapshot | None:
    """Return what the host should have and has not.

    A row that is to be gone stays until the host does not speak of the network any more: the host
    forgets it when it is answered, and an answer may be lost.
    """
    revision = stands.get(row.network_uuid)
    if revision is not None and revision > row.revision:
        # The database is older than the host, say from a backup: go on above what the host has.
        return read_snapshot(
            connection, host_network_rows.raise_revision_above(connection, row, revision + 1)
        )
    if revision == row.revision and revision == row.applied_revision:
        return None
    snapshot = read_snapshot(connection, row)
    if revision == row.revision:
        settled = host_network_rows.record_applied(connection, row, now)
    elif revision is None and isinstance(snapshot, NetworkGone):
        settled = host_network_rows.delete_unchanged(connection, row)
    else:
        if revision is not None and revision > (row.applied_revision or OUT_OF_SYNC):
            # What is in it by now is wired, whatever has changed since.
            host_network_rows.record_earlier_applied(connection, row, revision, now)
        return snapshot
    if settled and isinstance(snapshot, NetworkGone):
        # A guest that came back meanwhile has changed the row, and then it is not settled.
        _give_back_gateway(connection, row, now)
    return None


def _give_back_gateway(connection: Connection, row: HostNetwork, now: datetime) -> None:
    if row.network_id is None:
        return
    gateway = address_rows.release_gateway(connection, row.network_id, row.host)
    if gateway is not None:
        history_rows.add(connection, [events.address_event(events.GATEWAY_FREED, gateway)], now)
