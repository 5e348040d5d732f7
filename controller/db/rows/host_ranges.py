"""Rows of ``host_ranges``: what each host reaches by links of its own."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from cloudnet.common.wire.objects import ReportedRange
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.tables import host_ranges

_RANGE = (host_ranges.c.device, host_ranges.c.cidr, host_ranges.c.address)


def list_all(connection: Connection) -> list[tuple[str, ReportedRange]]:
    """Return all hosts' ranges, each with its host."""
    rows = read_rows(connection, sa.select(host_ranges.c.host, *_RANGE).order_by(host_ranges.c.id))
    return [(host, ReportedRange(*found)) for host, *found in rows]


def replace(connection: Connection, host: str, ranges: Sequence[ReportedRange]) -> None:
    """Replace the ranges of a host, if they have changed."""
    of_host = host_ranges.c.host == host
    known = read_rows(connection, sa.select(*_RANGE).where(of_host).order_by(host_ranges.c.id))
    if [ReportedRange(*row) for row in known] == list(ranges):
        return
    connection.execute(sa.delete(host_ranges).where(of_host))
    if ranges:
        rows = [
            {"host": host, "device": each.device, "cidr": each.network, "address": each.address}
            for each in ranges
        ]
        connection.execute(sa.insert(host_ranges), rows)
