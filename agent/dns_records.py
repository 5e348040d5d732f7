"""Pure: the names in DNS of this host, after a message with all of them or with some."""

from __future__ import annotations

from cloudnet.common.wire.objects import DnsRecords

NO_RECORDS = DnsRecords(0, None, (), ())


def merge(known: DnsRecords, update: DnsRecords) -> DnsRecords | None:
    """Return all names after an update; None: it is a patch on names that are not known here."""
    before = known.records
    if update.base is None:
        before = ()
    elif not update.base <= known.revision:
        return None
    domains = {zone.domain for zone in update.zones}
    records = {(each.domain, each.name): each for each in (*before, *update.records)}
    present = (
        each for each in records.values() if each.address is not None and each.domain in domains
    )
    return DnsRecords(update.revision, None, update.zones, tuple(present))
