"""A database that is older than its hosts: how that is noticed, and what the hosts still know.

After a restore from a backup the hosts serve guests that the database does not have. Their
addresses are reserved, so that no other guest gets them, and the hosts go on to serve them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from cloudnet.common.wire.objects import Origin, Report, ServedAddress
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import cloud as cloud_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import pool
from cloudnet.controller.db.rows import recovered as recovered_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.records import HostNetwork, Network, RecoveredGuest

LOG = logging.getLogger(__name__)


def explain_older(
    connection: Connection, report: Report, origin: Origin, rows: Mapping[str, HostNetwork]
) -> str | None:
    """Return why the database is older than the state of a host, or not its own; None: it is not.

    :param origin: of the database
    :param rows: of the host, by network
    """
    if report.origin is None:
        return None
    if report.origin.cloud != origin.cloud:
        return (
            f"the database is of cloud {origin.cloud}, and this host has obeyed cloud "
            f"{report.origin.cloud}"
        )
    if not cloud_rows.has_been(connection, report.origin, origin):
        return (
            "the database is an older copy: this host has obeyed generation "
            f"{report.origin.generation} of it, which was lost"
        )
    for applied in report.applied:
        row = rows.get(applied.network)
        if applied.revision > (0 if row is None else row.revision):
            return (
                f"the database is an older copy: this host has revision {applied.revision} of "
                f"network {applied.network}, which was lost"
            )
    return None


def is_from_lost_branch(connection: Connection, report: Report, origin: Origin) -> bool:
    """Return whether the host has obeyed a later state of this database, which was lost."""
    if report.origin is None or report.origin.cloud != origin.cloud:
        return False
    return not cloud_rows.has_been(connection, report.origin, origin)


def recover(
    connection: Connection, report: Report, rows: Mapping[str, HostNetwork], now: datetime
) -> None:
    """Record what a host has and the database does not: networks, and the addresses in use.

    :param rows: of the host, by network
    """
    networks: dict[str, Network | None] = {}
    for applied in report.applied:
        if applied.network not in rows:
            network = network_rows.get_by_uuid(connection, applied.network)
            networks[applied.network] = network
            if network is not None:
                recovered_rows.add_network(connection, report.host, network.uuid)
    for served in report.served:
        if served.network not in networks:
            networks[served.network] = network_rows.get_by_uuid(connection, served.network)
        network = networks[served.network]
        if network is not None and served.address in network.cidr:
            _recover_address(connection, report.host, network, served, now)


def _recover_address(
    connection: Connection, host: str, network: Network, served: ServedAddress, now: datetime
) -> None:
    row = address_rows.get_by_address(connection, served.address)
    guest = _guest(host, served)
    if row is None and guest is None:
        if address_rows.get_gateway(connection, network.id, host) is None and network.multi_host:
            position = network.position_of(served.address)
            pool.claim(connection, network, position, pool.Holder(host=host), now)
            event = events.network_event(events.GATEWAY, network, served.address, host)
            history_rows.add(connection, [event], now)
    elif row is None:
        position = network.position_of(served.address)
        address_rows.insert_reserved(connection, [(network.id, served.address, position)], now)
        event = events.network_event(events.RESERVED, network, served.address, host)
        history_rows.add(connection, [event], now)
        _add(connection, guest, now)
    elif guest is not None and row.reserved:
        others = recovered_rows.list_for_address(connection, served.address)
        if others and host not in {other.host for other in others}:  # e.g. the gateway has it, too
            _add(connection, guest, now)


def _add(connection: Connection, guest: RecoveredGuest | None, now: datetime) -> None:
    if guest is not None:
        recovered_rows.add(connection, [guest], now)
        LOG.warning(
            "address %s: reserved; host %s serves instance %s there, which the database does not "
            "have",
            guest.address,
            guest.host,
            guest.instance_uuid,
        )


def _guest(host: str, served: ServedAddress) -> RecoveredGuest | None:
    """Return the guest that has an address, or None if the host has it itself."""
    if served.mac is None or served.instance is None or served.hostname is None:
        return None
    return RecoveredGuest(
        host, served.address, served.network, served.mac, served.instance, served.hostname
    )
