"""The ``leased`` flag of fixed IPs, which follows the reports of the hosts' DHCP servers."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address

import sqlalchemy as sa

from cloudnet.controller.db.engine import MOST_PARAMETERS, Connection
from cloudnet.controller.db.reading import read_rows
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
    """Record that a lease of an address has started or ended; return False if nothing changed.

    With a MAC, only if no other MAC has the address now: a late event of the guest that had it
    before must not change the present one. ``updated_at`` stays: the quarantine counts from it.
    """
    statement = sa.update(fixed_ips).where(
        fixed_ips.c.address == address,
        fixed_ips.c.instance_uuid.is_not(None),
        fixed_ips.c.leased != leased,
    )
    if mac is not None:
        has_other_mac = sa.exists().where(
            virtual_interfaces.c.id == fixed_ips.c.virtual_interface_id,
            virtual_interfaces.c.address != mac,
        )
        statement = statement.where(~has_other_mac)
    return connection.execute(statement.values(leased=leased)).rowcount == 1


def list_leasable(connection: Connection, host: str) -> list[Leasable]:
    """Return the addresses that a host's DHCP servers may have leased."""
    # With one condition for both kinds of networks the database would read every address.
    own = _LEASABLE.where(networks.c.multi_host, instances.c.host == host)
    all_of_network = _LEASABLE.where(~networks.c.multi_host, networks.c.host == host)
    rows = read_rows(connection, sa.union_all(own, all_of_network))
    return [Leasable(*row) for row in rows]


def set_leased_rows(connection: Connection, row_ids: Sequence[int], *, leased: bool) -> None:
    """Record for many addresses that their leases have started or ended."""
    for start in range(0, len(row_ids), MOST_PARAMETERS):
        connection.execute(
            sa.update(fixed_ips)
            .where(fixed_ips.c.id.in_(list(row_ids[start : start + MOST_PARAMETERS])))
            .values(leased=leased)
        )


def list_leased(
    connection: Connection, network_uuid: str
) -> list[tuple[IPv4Address, str, str | None]]:
    """Return the leased addresses of a network, with MACs and host names, in their order."""
    rows = read_rows(
        connection,
        sa.select(fixed_ips.c.address, virtual_interfaces.c.address, instances.c.hostname)
        .join(networks, networks.c.id == fixed_ips.c.network_id)
        .join(instances, instances.c.uuid == fixed_ips.c.instance_uuid)
        .join(virtual_interfaces, virtual_interfaces.c.id == fixed_ips.c.virtual_interface_id)
        .where(networks.c.uuid == network_uuid, fixed_ips.c.leased)
        .order_by(fixed_ips.c.position),
    )
    return [(address, mac, hostname) for address, mac, hostname in rows]
