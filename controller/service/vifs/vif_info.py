"""Reading the network info of an instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model.nwinfo import FurtherAddress, VifInfo
from cloudnet.controller.model.records import Guest


def list_vif_info(connection: Connection, guests: Sequence[Guest]) -> list[VifInfo]:
    """Return what a compute service needs to know about the VIFs of one instance.

    :param guests: one for each address; those of one VIF in the order of their allocation
    """
    if not guests:
        return []
    instance, host = guests[0].instance, guests[0].host
    network_ids = [guest.network_id for guest in guests]
    networks = network_rows.map_seen_by_id(connection, host, network_ids)
    floating_ips = floating_rows.list_for_instance(connection, instance)
    active = vif_rows.list_active_ids(connection, instance)

    def list_floating_ips(guest: Guest) -> tuple[IPv4Address, ...]:
        return tuple(ip.address for ip in floating_ips if ip.fixed_ip_id == guest.fixed_ip_id)

    infos: dict[int, VifInfo] = {}
    for guest in guests:
        known = infos.get(guest.vif_id)
        if known is not None:
            further = FurtherAddress(guest.address, list_floating_ips(guest))
            infos[guest.vif_id] = replace(known, further=(*known.further, further))
            continue
        network, own_address = networks[guest.network_id]
        infos[guest.vif_id] = VifInfo(
            network,
            guest,
            own_address if network.multi_host else None,
            list_floating_ips(guest),
            guest.vif_id in active,
        )
    return list(infos.values())
