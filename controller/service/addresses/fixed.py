"""The operator's use cases around fixed addresses."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from ipaddress import IPv4Address
from typing import Any

from cloudnet.common.errors import (
    FixedIpAlreadyInUse,
    FixedIpNotFoundForAddress,
)
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import recovered as recovered_rows
from cloudnet.controller.db.rows import usage as usage_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.free_ranges import list_free_ranges
from cloudnet.controller.model.records import FixedIp, Network, RecoveredGuest, Usage

LOG = logging.getLogger(__name__)


class FixedIps:
    """Lists addresses, and reserves single ones."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list_fixed_ips(self, host: str | None = None) -> list[FixedIp]:
        """Return all addresses that are not free (of a host if given)."""
        with self._database.reading() as connection:
            rows = address_rows.list_fixed_ips(connection, host)
            recovered = {guest.address: guest for guest in recovered_rows.list_all(connection)}
            if recovered and host is not None:
                rows += [
                    row
                    for row in address_rows.list_fixed_ips(connection)
                    if row.address in recovered and recovered[row.address].host == host
                ]
            return [_add_reason(row, recovered.get(row.address)) for row in rows]

    def list_events(self, address: IPv4Address, at: datetime | None = None) -> list[dict[str, Any]]:
        """Return the history of an address, the oldest event first.

        :param at: only the event that says who had it at this time
        """
        with self._database.reading() as connection:
            events = history_rows.list_for_address(connection, address)
        if at is None:
            return events
        return [event for event in events if event["at"] <= at][-1:]

    def list_events_of_instance(
        self, instance: str, at: datetime | None = None
    ) -> list[dict[str, Any]]:
        """Return the events of all addresses that an instance has had, the oldest first.

        :param at: only the last event of each address up to this time
        """
        with self._database.reading() as connection:
            events = history_rows.list_for_instance(connection, instance)
        if at is None:
            return events
        return list({event["address"]: event for event in events if event["at"] <= at}.values())

    def list_usage(self) -> list[Usage]:
        """Return the usage of each network."""
        with self._database.reading() as connection:
            return usage_rows.list_usage(connection)

    def list_detailed_usage(self, *, ranges: bool) -> list[dict[str, object]]:
        """Return the usage of each network, with the addresses in quarantine apart.

        :param ranges: with the free addresses, as ranges
        """
        with self._database.reading() as connection:
            networks = {n.uuid: n for n in network_rows.list_networks(connection)}
            resting = usage_rows.count_resting(connection)
            rows = []
            for usage in usage_rows.list_usage(connection):
                network = networks[usage.network_uuid]
                count = resting.get(network.id, 0)
                row = vars(usage) | {"used": usage.used - count, "resting": count}
                if ranges:
                    taken = usage_rows.list_taken(connection, network)
                    taken = sorted({*taken, *network.unpickable_positions})
                    row["free_ranges"] = list_free_ranges(network, taken)
                rows.append(row)
            return rows

    def reserve(self, address: IPv4Address) -> None:
        """Take an address out of the pool; if it is reserved already, that is success.

        :raises FixedIpAlreadyInUse: an instance or a host has it
        """
        try:
            is_new = self._database.write(
                lambda connection: _reserve(connection, address, self._clock())
            )
        except Conflict as conflict:
            raise FixedIpAlreadyInUse(
                f"{address} was allocated at the same moment; it cannot be reserved"
            ) from conflict
        if is_new:
            LOG.info("address %s: reserved", address)

    def unreserve(self, address: IPv4Address) -> None:
        """Put a reserved address back into the pool.

        :raises FixedIpNotFoundForAddress: it is not reserved, or the network itself needs it
        """
        self._database.write(lambda connection: _unreserve(connection, address, self._clock()))
        LOG.info("address %s: no longer reserved", address)


def _add_reason(row: FixedIp, guest: RecoveredGuest | None) -> FixedIp:
    if guest is None:
        return row
    return replace(
        row,
        mac=guest.mac,
        instance_uuid=guest.instance_uuid,
        host=guest.host,
        reason=f"host {guest.host} serves it; the database, restored from a backup, does not have "
        "the instance",
    )


def _reserve(connection: Connection, address: IPv4Address, now: datetime) -> bool:
    network = _find_network(connection, address)
    row = address_rows.get_by_address(connection, address)
    if row is not None and row.reserved:
        return False
    if row is not None:
        holder = f"instance {row.instance_uuid}" if row.instance_uuid else f"host {row.host}"
        raise FixedIpAlreadyInUse(f"{address} belongs to {holder}; it cannot be reserved")
    reserved = (network.id, address, network.position_of(address))
    address_rows.insert_reserved(connection, [reserved], now)
    history_rows.add(connection, [events.network_event(events.RESERVED, network, address)], now)
    return True


def _unreserve(connection: Connection, address: IPv4Address, now: datetime) -> None:
    network = _find_network(connection, address)
    row = address_rows.get_by_address(connection, address)
    if row is None or not row.reserved:
        raise FixedIpNotFoundForAddress(f"{address} is not reserved")
    if address in network.own_addresses:
        raise FixedIpNotFoundForAddress(
            f"network {network.label} needs {address} for itself; it stays reserved"
        )
    address_rows.unreserve(connection, row.id)
    hosts = {guest.host for guest in recovered_rows.list_for_address(connection, address)}
    recovered_rows.delete_address(connection, address)
    hosts.update(recovered_rows.delete_network_without_guests(connection, network.uuid))
    for host in sorted(hosts):
        host_change_rows.add(connection, host, network, now)
    history_rows.add(connection, [events.network_event(events.UNRESERVED, network, address)], now)


def _find_network(connection: Connection, address: IPv4Address) -> Network:
    network = network_rows.find_containing(connection, address)
    if network is None:
        raise FixedIpNotFoundForAddress(
            f"no network contains {address}; see `cloudnet-manage network list`"
        )
    return network
