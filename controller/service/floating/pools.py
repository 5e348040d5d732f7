"""The operator's use cases around floating IP pools."""

from __future__ import annotations

import logging
from ipaddress import IPv4Address, IPv4Network

from cloudnet.common.errors import (
    FloatingIpAssociated,
    FloatingIpExists,
    FloatingIpNotFoundForAddress,
    InvalidInput,
)
from cloudnet.common.limits import can_be_floating_ip
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.network_plan import check_device_name

LOG = logging.getLogger(__name__)

MOST = 1_000_000  # addresses in one range


class FloatingPools:
    """Floating IPs come into being and go."""

    def __init__(self, database: Database, default_pool: str, clock: Clock) -> None:
        self._database = database
        self._default_pool = default_pool
        self._clock = clock

    def plan_addresses(self, ip_range: IPv4Network) -> list[IPv4Address]:
        """Return the addresses that ``create`` would add: a network's hosts, or the one address.

        :raises InvalidInput: there are too many, or one cannot be a floating IP
        """
        if ip_range.num_addresses >= MOST:
            raise InvalidInput(f"ip_range {ip_range}: fewer than {MOST} addresses are needed")
        addresses = list(ip_range.hosts())
        for address in addresses:
            if not can_be_floating_ip(address):
                raise InvalidInput(f"ip_range {ip_range}: {address} is no address of one host")
        return addresses

    def create(
        self, ip_range: IPv4Network, pool: str | None = None, interface: str | None = None
    ) -> list[IPv4Address]:
        """Add a range to a pool, all or nothing.

        :raises FloatingIpExists: one of them is there already
        """
        chosen = pool or self._default_pool
        if interface is not None:
            check_device_name("interface", interface)
        addresses = self.plan_addresses(ip_range)

        def work(connection: Connection) -> None:
            there = floating_rows.list_in_range(connection, ip_range)
            if there:
                raise FloatingIpExists(
                    f"{there[0].address} is a floating IP already; nothing was created"
                )
            floating_rows.insert(connection, addresses, chosen, interface, self._clock())

        try:
            self._database.write(work)
        except Conflict as conflict:
            raise FloatingIpExists(
                f"{ip_range}: one of its addresses is a floating IP already; nothing was created"
            ) from conflict
        LOG.info("create %d floating IPs of %s in pool %s", len(addresses), ip_range, chosen)
        return addresses

    def delete(self, ip_range: IPv4Network) -> list[IPv4Address]:
        """Remove a range's floating IPs, all or nothing.

        :raises FloatingIpAssociated: a project has one of them
        :raises FloatingIpNotFoundForAddress: there are none
        """

        def work(connection: Connection) -> list[IPv4Address]:
            there = floating_rows.list_in_range(connection, ip_range)
            if not there:
                raise FloatingIpNotFoundForAddress(f"{ip_range} contains no floating IP")
            for floating in there:
                if floating.project_id is not None:
                    raise FloatingIpAssociated(
                        f"{floating.address} belongs to project {floating.project_id}; release "
                        "it first; nothing was deleted"
                    )
            if floating_rows.delete_free(connection, [one.id for one in there]) < len(there):
                raise FloatingIpAssociated(
                    f"a project has just got one of {ip_range}; nothing was deleted"
                )
            return [floating.address for floating in there]

        gone = self._database.write(work)
        LOG.info("delete %d floating IPs of %s", len(gone), ip_range)
        return gone
