"""What hosts get of DNS: the names that changed since the revision that they have."""

from __future__ import annotations

from cloudnet.common.wire.objects import DnsRecord, DnsRecords, DnsZone
from cloudnet.common.wire.validate import is_valid_record, is_valid_zone
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import dns as dns_rows
from cloudnet.controller.db.rows import dns_changes
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.dns import PUBLIC

# A cast has the changes of so many revisions, so that the next one makes up for a lost one.
CAST_REVISIONS = 8


def publish(database: Database, clock: Clock) -> DnsRecords | None:
    """Give the committed changes a revision; return them for the hosts, or None: there are none."""
    with database.reading() as connection:
        if not dns_changes.has_unpublished(connection):
            return None
    before = database.write(lambda connection: dns_changes.publish(connection, clock()))
    with database.reading() as connection:
        oldest = dns_changes.find_base(connection, CAST_REVISIONS)
        base = before if oldest is None else min(before, oldest)
        revision = revision_rows.get(connection, revision_rows.DNS)
        return _read_patch(connection, base, revision)


def read_update(connection: Connection, known: int | None) -> DnsRecords | None:
    """Return the names that changed since a host's revision; None: none has.

    :param known: the host's revision; None: the host serves no names
    """
    revision = revision_rows.get(connection, revision_rows.DNS)
    if known is None or known == revision:
        return None
    if known < revision and dns_changes.is_known(connection, known):
        return _read_patch(connection, known, revision)
    entries = dns_rows.list_entries(connection)
    records = [DnsRecord(each.name, each.domain, each.address) for each in entries]
    return DnsRecords(revision, None, _read_zones(connection), _leave_out_invalid(records))


def _read_patch(connection: Connection, base: int, revision: int) -> DnsRecords:
    states = dns_changes.list_states_since(connection, base)
    records = [DnsRecord(each.name, each.domain, each.address) for each in states]
    return DnsRecords(revision, base, _read_zones(connection), _leave_out_invalid(records))


def _read_zones(connection: Connection) -> tuple[DnsZone, ...]:
    domains = dns_rows.list_domains(connection)
    zones = (DnsZone(each.domain, each.scope == PUBLIC) for each in domains)
    return tuple(filter(is_valid_zone, zones))


def _leave_out_invalid(records: list[DnsRecord]) -> tuple[DnsRecord, ...]:
    """Return the records that hosts can serve; `cloudnet-manage db check` names the others."""
    return tuple(filter(is_valid_record, records))
