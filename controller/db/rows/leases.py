"""The ``leased`` flag of fixed IPs: what the nodes' DHCP servers say they have handed out."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.tables import fixed_ips, instances, networks, virtual_interfaces
from cloudnet.controller.model.records import Leasable

_LEASABLE = (
    sa.select(fixed_ips.c.id, fixed_ips.c.address, fixed_ips.c.leased, virtual_interfaces.c.address)
    .join(networks, networks.c.id == fixed_ips.c.network_id)
    .join(instances, instances.c.uuid == fixed_ips.c.instance_uuid)
    .outerjoin(virtual_interfaces, virtual_interfaces.c.id == fixed_ips.c.virtual_interface_id)
)


def set_leased(
    connection: Connection, address: IPv4Address, mac: str | None, *, leased: bool
) -> bool:
    """Record that an address is handed out or given back; False: that is no news.

    With a MAC, only if the address still belongs to that MAC or to nobody: a late event of the
    previous holder must not touch the next one. ``updated_at`` stays, the quarantine counts on.
    """
    statement = sa.update(fixed_ips).where(
        fixed_ips.c.address == address,
        fixed_ips.c.instance_uuid.is_not(None),
        fixed_ips.c.leased != leased,
    )
    if mac is not None:
        another = sa.exists().where(
            virtual_interfaces.c.id == fixed_ips.c.virtual_interface_id,
            virtual_interfaces.c.address != mac,
        )
        statement = statement.where(~another)
    return connection.execute(statement.values(leased=leased)).rowcount == 1


def list_leasable(connection: Connection, host: str) -> list[Leasable]:
    """Return what the host's DHCP servers hand out, or have not yet taken back."""
    # One condition for both kinds of networks would have the database look at every address.
    own = _LEASABLE.where(networks.c.multi_host, instances.c.host == host)
    all_of_network = _LEASABLE.where(~networks.c.multi_host, networks.c.host == host)
    rows = connection.execute(sa.union_all(own, all_of_network))
    return [Leasable(*row) for row in rows]


def set_leased_rows(connection: Connection, row_ids: Sequence[int], *, leased: bool) -> None:
    """Record for many rows that they are handed out or given back."""
    for start in range(0, len(row_ids), 500):  # a statement takes only so many parameters
        connection.execute(
            sa.update(fixed_ips)
            .where(fixed_ips.c.id.in_(list(row_ids[start : start + 500])))
            .values(leased=leased)
        )
