"""The agent that reports for a host: who it is, and whether it obeys the controller's answers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from cloudnet.common.errors import InvalidInput
from cloudnet.common.wire.objects import AgentIdentity, Fault, Origin, Report
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import cloud as cloud_rows
from cloudnet.controller.db.rows import host_agents as host_agent_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.records import HostAgent
from cloudnet.controller.service.hosts.known import require_known

LOG = logging.getLogger(__name__)


def find_rival(
    known: HostAgent, reporting: AgentIdentity | None, seen: datetime | None, live_since: datetime
) -> str | None:
    """Return why an agent may not serve a host, or None if it may.

    An agent whose state was deleted, whose host has rebooted or has got another address is the same
    one: two of its three marks are as before.

    :param seen: the last report of the host's agent
    :param live_since: an agent that reported before that is not live
    """
    if reporting is None or known.agent is None or seen is None or seen < live_since:
        return None
    marks = [
        known.agent == reporting.agent,
        known.my_ip == reporting.my_ip,
        known.boot_id == reporting.boot_id,
    ]
    if sum(marks) >= 2:
        return None
    return (
        f"two agents report as host {known.host}: agent {known.agent} at {known.my_ip}, which "
        f"serves it, and agent {reporting.agent} at {reporting.my_ip}, which is refused; give "
        "each host a name of its own ([DEFAULT] host)"
    )


def record_agent(connection: Connection, known: HostAgent, report: Report, origin: Origin) -> None:
    """Record who reports; an acceptance ends when the agent obeys this database."""
    is_obeying = (
        report.held is None
        and report.origin is not None
        and cloud_rows.has_been(connection, report.origin, origin)
    )
    values = {
        "held": report.held,
        "accepted": known.accepted and not is_obeying,
        "agent": report.agent.agent if report.agent else known.agent,
        "my_ip": report.agent.my_ip if report.agent else known.my_ip,
        "boot_id": report.agent.boot_id if report.agent else known.boot_id,
    }
    if any(getattr(known, name) != value for name, value in values.items()):
        host_agent_rows.update(connection, report.host, **values)


def list_faults(report: Report) -> list[Fault]:
    """Return the faults that a host reports, with the one that it is held."""
    faults = list(report.faults)
    if report.held is not None:
        faults.append(Fault(None, f"answer refused: {report.held}"))
    return faults


class HostAgents:
    """The operator's use cases around agents that refuse the controller's answers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record_refused_report(self, host: str, reason: str) -> None:
        """Record that a report was refused, so that the operator sees the host."""

        def work(connection: Connection) -> None:
            now, text = self._clock(), f"report refused: {reason:.500}"
            record_refusal(connection, host_agent_rows.get(connection, host), text, now)

        self._database.write(work)

    def accept(self, hosts: Sequence[str] | None) -> list[str]:
        """Let the next answer through on held hosts (None: on all of them); return their names.

        :raises HostNotFound: a host has never reported, and nothing names it
        :raises InvalidInput: a host is not held
        """

        def work(connection: Connection) -> list[str]:
            known = host_agent_rows.list_by_host(connection)
            held = [name for name, agent in known.items() if agent.held is not None]
            for name in held if hosts is None else hosts:
                _require_held(connection, name, known)
                host_agent_rows.update(connection, name, accepted=True)
            return list(held if hosts is None else hosts)

        return self._database.write(work)


def record_refusal(connection: Connection, known: HostAgent, text: str, now: datetime) -> None:
    """Record that a report for a host was refused, and why."""
    if known.refused != text:
        LOG.warning("host %s: %s", known.host, text)
    host_agent_rows.update(connection, known.host, refused=text, refused_at=now)


def _require_held(connection: Connection, name: str, known: dict[str, HostAgent]) -> None:
    if name in known and known[name].held is not None:
        return
    require_known(connection, name)
    raise InvalidInput(f"host {name} refuses no answer: there is nothing to accept")
