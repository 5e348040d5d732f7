"""The row of ``cloud``: the identity of this database, and the branches of its past."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa

from cloudnet.common.wire.objects import Origin
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import cloud, cloud_branches
from cloudnet.controller.model.records import RestoreCheck

_ORIGIN = sa.select(cloud.c.id, cloud.c.generation, cloud.c.branch)
_RAISE = sa.update(cloud).values(generation=cloud.c.generation + 1)


def get(connection: Connection) -> Origin:
    """Return the cloud's id, generation and branch."""
    return Origin(*connection.execute(_ORIGIN).one())


def raise_generation(connection: Connection) -> Origin:
    """Raise the generation and return the origin with it."""
    connection.execute(_RAISE)
    return get(connection)


def begin_branch(connection: Connection) -> Origin:
    """Raise the generation, begin a branch with it, and return the origin."""
    branch = str(uuid4())
    connection.execute(_RAISE.values(branch=branch))
    origin = get(connection)
    connection.execute(
        sa.insert(cloud_branches), {"branch": branch, "first_generation": origin.generation}
    )
    return origin


def get_check(connection: Connection) -> RestoreCheck | None:
    """Return since and until when hosts are waited for after a restore; None: they are not."""
    row = connection.execute(
        sa.select(cloud.c.restored_generation, cloud.c.wait_until, cloud.c.newer_until)
    ).one()
    return None if row.wait_until is None else RestoreCheck(*row)


def begin_check(connection: Connection, until: datetime, newer_until: datetime) -> RestoreCheck:
    """Wait for the reports of hosts, which count from now on."""
    generation = raise_generation(connection).generation
    connection.execute(
        sa.update(cloud).values(
            restored_generation=generation, wait_until=until, newer_until=newer_until
        )
    )
    return RestoreCheck(generation, until, newer_until)


def set_newer_until(connection: Connection, until: datetime) -> None:
    """Wait until then at least."""
    connection.execute(sa.update(cloud).values(newer_until=until))


def end_check(connection: Connection) -> None:
    """Wait for no host any more."""
    connection.execute(sa.update(cloud).values(wait_until=None, newer_until=None))


def has_been(connection: Connection, origin: Origin, now: Origin) -> bool:
    """Return whether this database has had an origin; not if it is a copy from before that.

    :param now: the present origin
    """
    if origin.cloud != now.cloud or origin.generation > now.generation:
        return False
    if origin.branch == now.branch:
        return True
    firsts = cloud_branches.c.first_generation
    first = connection.scalar(sa.select(firsts).where(cloud_branches.c.branch == origin.branch))
    if first is None:
        return False
    following = connection.scalar(sa.select(sa.func.min(firsts)).where(firsts > first))
    return following is None or origin.generation < following
