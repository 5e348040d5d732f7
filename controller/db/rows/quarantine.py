"""Addresses in quarantine: rows of ``fixed_ips`` that name an instance and are not allocated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.hints import unindexed
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows.services import AGENT
from cloudnet.controller.db.tables import fixed_ips, instances, networks, services
from cloudnet.controller.model.records import FixedIp


@dataclass(frozen=True)
class Rest:
    """How long a released address rests."""

    floor_before: datetime  # released before that: long enough if its lease has ended
    end_before: datetime  # released before that: long enough in any case


_IS_RESTING = sa.and_(~fixed_ips.c.allocated, fixed_ips.c.instance_uuid.is_not(None))

# The host whose DHCP server leased the address; NULL: the network has none.
_DHCP_HOST = sa.case((networks.c.multi_host, instances.c.host), else_=networks.c.host)
_HAS_DHCP = sa.and_(networks.c.enable_dhcp, networks.c.topology != Topology.FLAT)
_HAS_REPORTED = sa.exists().where(
    services.c.binary == AGENT,
    services.c.host == _DHCP_HOST,
    services.c.last_seen_up > fixed_ips.c.updated_at,
)
_HAS_NO_VIF = sa.and_(unindexed(fixed_ips.c.allocated), fixed_ips.c.virtual_interface_id.is_(None))


def begin(connection: Connection, row_ids: Sequence[int], now: datetime) -> None:
    """Begin the quarantine of addresses that are released."""
    connection.execute(
        sa.update(fixed_ips)
        .where(fixed_ips.c.id.in_(list(row_ids)))
        .values(allocated=False, virtual_interface_id=None, updated_at=now)
    )


def has_due(connection: Connection, rest: Rest) -> bool:
    """Whether the quarantine of any address is over."""
    due = (
        sa.select(fixed_ips.c.id)
        .join(networks, networks.c.id == fixed_ips.c.network_id)
        .join(instances, instances.c.uuid == fixed_ips.c.instance_uuid)
        .where(_is_due(rest))
    )
    return connection.execute(due.limit(1)).first() is not None


def list_due(
    connection: Connection, rest: Rest, limit: int, network_id: int | None = None
) -> list[FixedIp]:
    """Return addresses whose quarantine is over (of a network if given), the earliest first."""
    statement = address_rows.FIXED_IP.where(_is_due(rest))
    if network_id is not None:
        statement = statement.where(fixed_ips.c.network_id == network_id)
    rows = read_rows(connection, statement.order_by(fixed_ips.c.updated_at).limit(limit))
    return [FixedIp(*row) for row in rows]


def lock(connection: Connection, row_ids: Sequence[int], *, wait: bool) -> set[int]:
    """Lock rows; return those that still exist.

    :param wait: for rows that another transaction has locked; False: leave them out
    """
    statement = sa.select(fixed_ips.c.id).where(fixed_ips.c.id.in_(list(row_ids)))
    ordered = statement.order_by(fixed_ips.c.id)  # two transactions do not wait for each other
    return set(connection.scalars(ordered.with_for_update(skip_locked=not wait)))


def _is_due(rest: Rest) -> sa.ColumnElement[bool]:
    """Whether the quarantine of an address is over.

    A lease has ended if the address is not leased, and the host whose DHCP server leased it has
    reported since the release: a lease that is not in the database is in that report.
    """
    latest = max(rest.floor_before, rest.end_before)  # for the index
    has_ended = sa.and_(~fixed_ips.c.leased, sa.or_(~_HAS_DHCP, _HAS_REPORTED))
    return sa.and_(
        _IS_RESTING,
        fixed_ips.c.updated_at < latest,
        sa.or_(
            fixed_ips.c.updated_at < rest.end_before,
            sa.and_(fixed_ips.c.updated_at < rest.floor_before, has_ended),
        ),
    )


def has_address_without_vif(connection: Connection) -> bool:
    """Whether somebody has deleted the VIF of an allocated address by SQL."""
    lost = sa.select(fixed_ips.c.id).where(_HAS_NO_VIF).limit(1)
    return connection.execute(lost).first() is not None


def list_without_vif(connection: Connection, limit: int) -> list[FixedIp]:
    """Return allocated addresses whose VIF is gone."""
    rows = read_rows(connection, address_rows.FIXED_IP.where(_HAS_NO_VIF).limit(limit))
    return [FixedIp(*row) for row in rows]


def end(connection: Connection, row_id: int) -> bool:
    """Free an address in quarantine; return False if it is no longer in quarantine."""
    return address_rows.free(connection, sa.and_(fixed_ips.c.id == row_id, _IS_RESTING))
