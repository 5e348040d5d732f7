"""Rows of ``instances``: one for each instance that has an address, or had it until recently."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import bindparam as given

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import fixed_ips, instances, virtual_interfaces
from cloudnet.controller.model.records import Instance

_INSTANCE = sa.select(
    instances.c.uuid, instances.c.project_id, instances.c.host, instances.c.hostname
).where(instances.c.uuid == given("instance"))
_LOCKED_INSTANCE = _INSTANCE.with_for_update()
_ADD_INSTANCE = sa.insert(instances)


def get(connection: Connection, uuid: str) -> Instance | None:
    """Return an instance, or None if there is none with this uuid."""
    row = connection.execute(_INSTANCE, {"instance": uuid}).first()
    return None if row is None else Instance(*row)


def lock(connection: Connection, uuid: str) -> Instance | None:
    """Return an instance, and keep all that it has from other transactions until this one ends.

    Read what it has only then: of two moves at once the second must see where the first one went.
    """
    row = connection.execute(_LOCKED_INSTANCE, {"instance": uuid}).first()
    return None if row is None else Instance(*row)


def add(connection: Connection, instance: Instance, now: datetime) -> None:
    """Add an instance."""
    connection.execute(_ADD_INSTANCE, vars(instance) | {"created_at": now})


def update(connection: Connection, instance: Instance, now: datetime) -> None:
    """Set the host, project and hostname of an instance."""
    connection.execute(
        sa.update(instances)
        .where(instances.c.uuid == instance.uuid)
        .values(
            project_id=instance.project_id,
            host=instance.host,
            hostname=instance.hostname,
            updated_at=now,
        )
    )


def delete_unused(connection: Connection, uuids: Iterable[str | None]) -> None:
    """Delete those of the instances that no row refers to any more."""
    connection.execute(
        sa.delete(instances).where(
            instances.c.uuid.in_([uuid for uuid in uuids if uuid is not None]),
            ~sa.exists().where(fixed_ips.c.instance_uuid == instances.c.uuid),
            ~sa.exists().where(virtual_interfaces.c.instance_uuid == instances.c.uuid),
        )
    )
