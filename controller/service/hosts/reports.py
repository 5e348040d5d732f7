"""Heartbeats: what agents report is recorded, and the reply brings what their hosts lack."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cloudnet.common.limits import REVISION
from cloudnet.common.topics import AGENT_TOPIC, CONTROLLER_TOPIC
from cloudnet.common.wire.objects import Fault, NetworkGone, Report, ReportReply, Snapshot
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import cloud as cloud_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import host_agents as host_agent_rows
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import host_problems as host_problem_rows
from cloudnet.controller.db.rows import host_ranges as host_range_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.host_sync import Comparison, RowChange, compare, decide
from cloudnet.controller.model.records import HostAgent, HostNetwork
from cloudnet.controller.model.revisions import first_revision
from cloudnet.controller.service.dns.publication import read_update
from cloudnet.controller.service.hosts.agents import (
    find_rival,
    list_faults,
    record_agent,
    record_refusal,
)
from cloudnet.controller.service.hosts.leases import replace_leases
from cloudnet.controller.service.hosts.recovery import (
    explain_older,
    is_from_lost_branch,
    recover,
)
from cloudnet.controller.service.hosts.restored import (
    Periods,
    begin_check,
    continue_check,
    ensure_check,
    record_checked,
)
from cloudnet.controller.service.hosts.snapshots import SnapshotReader

LOG = logging.getLogger(__name__)


class HostReports:
    """Processes the heartbeats of agents and of controllers."""

    def __init__(
        self, database: Database, snapshots: SnapshotReader, periods: Periods, clock: Clock
    ) -> None:
        self._database = database
        self._snapshots = snapshots
        self._periods = periods
        self._clock = clock

    def process_report(self, report: Report) -> ReportReply:
        """Record an agent's report; return each network in which its host is out of sync."""

        def work(connection: Connection) -> ReportReply:
            now, live_since = self._clock(), self._clock() - self._periods.down
            origin = cloud_rows.get(connection)
            reply = ReportReply(self._snapshots.get_ranges_in(connection), (), origin)
            agent = host_agent_rows.get(connection, report.host)
            seen = service_rows.get_last_seen(connection, report.host)
            rival = find_rival(agent, report.agent, seen, live_since)
            if rival is not None:
                record_refusal(connection, agent, rival, now)
                return replace(reply, refused=rival)
            service_rows.record_heartbeat(
                connection, report.host, "cloudnet-agent", AGENT_TOPIC, now
            )
            record_agent(connection, agent, report, origin)
            if report.ranges is not None:
                host_range_rows.replace(connection, report.host, report.ranges)
            _record_faults(connection, report.host, list_faults(report), now)
            is_first = agent.held is None and report.held is None
            if is_first and is_from_lost_branch(connection, report, origin):
                ensure_check(connection, now, self._periods)
            answer = _answer(connection, report, agent, reply, self._snapshots, now)
            if answer.behind is None or report.held is not None:
                record_checked(connection, report.host, now)
            _record_digest(connection, report, answer)
            return answer

        reply = self._database.write(work, idempotent=True)
        if reply.stale:
            LOG.debug("host %s: out of sync in %d networks", report.host, len(reply.stale))
        return reply

    def begin_branch(self) -> None:
        """Begin a branch of the database: a controller starts."""

        def work(connection: Connection) -> None:
            cloud_rows.begin_branch(connection)
            continue_check(connection, self._clock(), self._periods)

        self._database.write(work, idempotent=True)

    def note_restore(self, wait_seconds: int) -> list[str]:
        """Allocate no address before all hosts have reported, at most for so long.

        Returns the hosts that are waited for; newer ones are, too, for a short time.
        """
        wait = timedelta(seconds=wait_seconds)
        return self._database.write(
            lambda connection: begin_check(connection, self._clock(), self._periods, wait)
        )

    def record_heartbeat(self, host: str) -> None:
        """Record a controller's own heartbeat."""

        def work(connection: Connection) -> None:
            service_rows.record_heartbeat(
                connection, host, "cloudnet-controller", CONTROLLER_TOPIC, self._clock()
            )

        self._database.write(work, idempotent=True)


def _answer(  # noqa: PLR0917 - what an answer is made of
    connection: Connection,
    report: Report,
    agent: HostAgent,
    reply: ReportReply,
    snapshots: SnapshotReader,
    now: datetime,
) -> ReportReply:
    """Return the reply with all that the host lacks; without it if the database is the older."""
    host_change_rows.fold(connection, report.host)
    rows = {
        row.network_uuid: row for row in host_network_rows.list_for_host(connection, report.host)
    }
    assert reply.origin is not None  # noqa: S101 - for mypy
    older = explain_older(connection, report, reply.origin, rows)
    if older is not None:
        recover(connection, report, rows, now)
        if not agent.accepted:
            return replace(reply, behind=older)
    if report.leases is not None:
        replace_leases(connection, report.host, report.leases)
    stale = tuple(_sync_networks(connection, report, rows, snapshots, now))
    dns = read_update(connection, report.dns)
    return replace(reply, stale=stale, accepted=agent.accepted, dns=dns)


def _record_digest(connection: Connection, report: Report, answer: ReportReply) -> None:
    """Record the digest of a report if the agent need not report again before it changes."""
    is_settled = not answer.stale and answer.behind is None and report.held is None
    digest = report.digest if is_settled else None
    if host_agent_rows.get_digest(connection, report.host) != digest:
        host_agent_rows.update(connection, report.host, report_digest=digest)


def _record_faults(
    connection: Connection, host: str, faults: Sequence[Fault], now: datetime
) -> None:
    known = host_problem_rows.list_for_host(connection, host)
    if known == faults:
        return
    host_problem_rows.replace(connection, host, faults, now)
    for fault in faults:
        if fault not in known:
            LOG.warning("host %s: %s", host, fault.message)


def _sync_networks(
    connection: Connection,
    report: Report,
    rows: dict[str, HostNetwork],
    snapshots: SnapshotReader,
    now: datetime,
) -> Iterator[Snapshot]:
    """Record the revisions that a host reports and yield the snapshots that it lacks."""
    reported = {applied.network: applied.revision for applied in report.applied}
    for uuid in sorted(reported.keys() - rows.keys()):
        # The host shall remove a network that it has without a row; a row is needed for that.
        rows[uuid] = host_network_rows.add_unknown_network(
            connection, report.host, uuid, min(reported[uuid] + 1, REVISION.highest), now
        )
    for uuid, row in rows.items():
        snapshot = _sync_network(connection, row, reported.get(uuid), snapshots, now)
        if snapshot is None and uuid in report.lacks:
            snapshot = snapshots.read(connection, row)
        if snapshot is not None:
            yield snapshot


def _sync_network(
    connection: Connection,
    row: HostNetwork,
    reported: int | None,
    snapshots: SnapshotReader,
    now: datetime,
) -> Snapshot | None:
    """Record the revision that a host reports of a network; return the snapshot that it lacks."""
    comparison = compare(row, reported)
    if comparison is Comparison.IN_SYNC:
        return None  # most reports end here: nothing more is read
    if comparison is Comparison.AHEAD and reported is not None:
        # The update also locks the row, so it comes first: without it another transaction could
        # change the network after it is read, and its revision would be lost.
        # The database never had a revision that cannot be raised: the reply resets it.
        following = reported + 1 if reported < REVISION.highest else first_revision(now)
        row = host_network_rows.raise_revision_to(connection, row, following)
    snapshot = snapshots.read(connection, row)
    if snapshot is None:
        return None
    decision = decide(comparison, is_wanted=not isinstance(snapshot, NetworkGone))
    is_changed = _change_row(connection, row, decision.row_change, reported, now)
    if decision.release_gateway and is_changed:
        _release_gateway(connection, row, now)
    return snapshot if decision.send else None


def _change_row(
    connection: Connection,
    row: HostNetwork,
    change: RowChange,
    reported: int | None,
    now: datetime,
) -> bool:
    """Make a change; return False if another transaction has changed the row meanwhile."""
    if change is RowChange.RECORD_APPLIED:
        return host_network_rows.record_applied(connection, row, now)
    if change is RowChange.DELETE:
        return host_network_rows.delete_unchanged(connection, row)
    if change is RowChange.RECORD_PROGRESS and reported is not None:
        host_network_rows.record_progress(connection, row, reported, now)
    return True


def _release_gateway(connection: Connection, row: HostNetwork, now: datetime) -> None:
    """Release the address that a host has had on a multi-host network."""
    if row.network_id is None:
        return  # the network is deleted, and its addresses with it
    address_rows.lock_gateway(connection, row.network_id, row.host, shared=False)
    if host_change_rows.has_changed(connection, row.host, row.network_uuid):
        return  # a guest has come meanwhile, and uses the address
    gateway = address_rows.release_gateway(connection, row.network_id, row.host, now)
    if gateway is not None:
        event = events.address_event(events.GATEWAY_FREED, gateway)
        history_rows.add(connection, [event], now)
