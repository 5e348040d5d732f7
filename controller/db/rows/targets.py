"""What floating IPs point at, for all of them at once."""

from __future__ import annotations

from ipaddress import IPv4Address

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import fixed_ips, floating_ips

Target = tuple[str | None, IPv4Address]


def list_targets(connection: Connection) -> dict[int, Target]:
    """Return (instance, fixed address) for each floating IP, by its id, that points at one."""
    rows = connection.execute(
        sa.select(floating_ips.c.id, fixed_ips.c.instance_uuid, fixed_ips.c.address).join(
            fixed_ips, fixed_ips.c.id == floating_ips.c.fixed_ip_id
        )
    )
    return {row[0]: (row[1], row[2]) for row in rows}
