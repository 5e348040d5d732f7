"""The operator's view of fixed addresses: kept out of the pool, put back, looked up."""

from __future__ import annotations

import logging
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
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import usage as usage_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.records import Event, FixedIp, Network, Usage

LOG = logging.getLogger(__name__)


class FixedIps:
    """The use cases around single addresses."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def list_fixed_ips(self, host: str | None = None) -> list[FixedIp]:
        """Return all addresses that are not free (those of a host if given)."""
        with self._database.reading() as connection:
            return address_rows.list_fixed_ips(connection, host)

    def list_events(self, address: IPv4Address) -> list[dict[str, Any]]:
        """Return who held an address, oldest first."""
        with self._database.reading() as connection:
            return history_rows.list_for_address(connection, address)

    def list_usage(self) -> list[Usage]:
        """Return how full each network is."""
        with self._database.reading() as connection:
            return usage_rows.list_usage(connection)

    def reserve(self, address: IPv4Address) -> None:
        """Keep an address from being handed out; reserved already is success.

        :raises FixedIpAlreadyInUse: an instance or a host has it
        """

        def work(connection: Connection) -> bool:
            network = self._network_of(connection, address)
            known = address_rows.get_by_address(connection, address)
            if known is not None and known.reserved:
                return False
            if known is not None:
                holder = known.instance_uuid or known.host
                raise FixedIpAlreadyInUse(f"{address} belongs to {holder}; it cannot be reserved")
            now = self._clock()
            position = int(address) - int(network.cidr.network_address)
            address_rows.insert_reserved(connection, [(network.id, address, position)], now)
            history_rows.add(connection, [_event(events.RESERVED, network, address)], now)
            return True

        try:
            if self._database.write(work):
                LOG.info("reserve %s", address)
        except Conflict as conflict:
            raise FixedIpAlreadyInUse(
                f"{address} was allocated at the same moment; it cannot be reserved"
            ) from conflict

    def unreserve(self, address: IPv4Address) -> None:
        """Put a reserved address back into the pool.

        :raises FixedIpNotFoundForAddress: it is not reserved, or is the network's own
        """

        def work(connection: Connection) -> None:
            network = self._network_of(connection, address)
            known = address_rows.get_by_address(connection, address)
            if known is None or not known.reserved:
                raise FixedIpNotFoundForAddress(f"{address} is not reserved")
            if address in own_addresses(network):
                raise FixedIpNotFoundForAddress(
                    f"{address} is reserved by network {network.label} for itself and stays so"
                )
            address_rows.unreserve(connection, known.id)
            history_rows.add(
                connection, [_event(events.UNRESERVED, network, address)], self._clock()
            )

        self._database.write(work)
        LOG.info("unreserve %s", address)

    def _network_of(self, connection: Connection, address: IPv4Address) -> Network:
        for network in network_rows.list_networks(connection):
            if address in network.cidr:
                return network
        raise FixedIpNotFoundForAddress(f"no network contains {address}")


def own_addresses(network: Network) -> set[IPv4Address | None]:
    """Return what a network needs for itself."""
    return {
        network.cidr.network_address,
        network.broadcast,
        network.gateway,
        network.dhcp_server,
        network.vpn_private_address,
    }


def _event(event: str, network: Network, address: IPv4Address) -> Event:
    return Event(
        event=event,
        address=address,
        network_id=network.id,
        network_uuid=network.uuid,
        position=int(address) - int(network.cidr.network_address),
        mac=None,
        instance_uuid=None,
        project_id=network.project_id,
        host=None,
    )
