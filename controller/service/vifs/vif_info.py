"""Reading what an instance has, for the compute service."""

from __future__ import annotations

from collections.abc import Sequence

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model.nwinfo import VifInfo
from cloudnet.controller.model.records import Guest


def list_vif_info(connection: Connection, guests: Sequence[Guest]) -> list[VifInfo]:
    """Return all that is known about the VIFs of one instance."""
    if not guests:
        return []
    seen = network_rows.get_seen_from_by_ids(
        connection, guests[0].host, [guest.network_id for guest in guests]
    )
    floating_ips = floating_rows.list_for_instance(connection, guests[0].instance)
    wired = vif_rows.list_active_ids(connection, guests[0].instance)
    return [
        VifInfo(
            network,
            guest,
            own_address if network.multi_host else None,
            tuple(ip.address for ip in floating_ips if ip.fixed_ip_id == guest.fixed_ip_id),
            guest.vif_id in wired,
        )
        for guest in guests
        for network, own_address in [seen[guest.network_id]]
    ]
