"""The operator's use cases around floating IP pools."""

from __future__ import annotations

import logging
from ipaddress import IPv4Address, IPv4Network

from cloudnet.common.errors import (
    CidrConflict,
    FloatingIpAssociated,
    FloatingIpExists,
    FloatingIpNotFoundForAddress,
    InvalidInput,
)
from cloudnet.common.limits import can_be_floating_ip
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.model import validation
from cloudnet.controller.model.clock import Clock

LOG = logging.getLogger(__name__)

MOST_ADDRESSES = 1_000_000  # in one range


class FloatingPools:
    """Adds ranges of floating IPs to pools and deletes them."""

    def __init__(self, database: Database, default_pool: str, clock: Clock) -> None:
        self._database = database
        self._default_pool = default_pool
        self._clock = clock

    def create(
        self, ip_range: IPv4Network, pool: str | None = None, interface: str | None = None
    ) -> list[IPv4Address]:
        """Add the hosts of a range, or a single address, to a pool, all or none.

        :raises FloatingIpExists: one of them is a floating IP already
        :raises InvalidInput: there are too many, or one cannot be a floating IP
        :raises CidrConflict: a network's fixed range overlaps the range
        """
        chosen = pool or self._default_pool
        if interface is not None:
            validation.parse_argument("interface", validation.parse_device_name, interface)
        addresses = _list_hosts(ip_range)

        def work(connection: Connection) -> None:
            _refuse_fixed_ranges(connection, ip_range)
            existing = floating_rows.list_in_range(connection, ip_range)
            if existing:
                raise FloatingIpExists(
                    f"{existing[0].address} is a floating IP already; nothing was created"
                )
            floating_rows.insert(connection, addresses, chosen, interface, self._clock())

        try:
            self._database.write(work)
        except Conflict as conflict:
            raise FloatingIpExists(
                f"{ip_range}: one of its addresses is a floating IP already; nothing was created"
            ) from conflict
        LOG.info("pool %s: %d floating IPs of %s created", chosen, len(addresses), ip_range)
        return addresses

    def delete(self, ip_range: IPv4Network) -> list[IPv4Address]:
        """Delete the floating IPs of a range, all or none.

        :raises FloatingIpAssociated: a project has one of them
        :raises FloatingIpNotFoundForAddress: there are none
        """

        def work(connection: Connection) -> list[IPv4Address]:
            existing = floating_rows.list_in_range(connection, ip_range)
            if not existing:
                raise FloatingIpNotFoundForAddress(f"{ip_range} contains no floating IP")
            for floating in existing:
                if floating.project_id is not None:
                    raise FloatingIpAssociated(
                        f"{floating.address} belongs to project {floating.project_id}; release "
                        "it first; nothing was deleted"
                    )
            ids = [floating.id for floating in existing]
            if floating_rows.delete_free(connection, ids) < len(ids):
                raise FloatingIpAssociated(
                    f"{ip_range}: a project got one of its addresses at the same moment; "
                    "nothing was deleted"
                )
            return [floating.address for floating in existing]

        deleted = self._database.write(work)
        LOG.info("floating IPs of %s: %d deleted", ip_range, len(deleted))
        return deleted


def _refuse_fixed_ranges(connection: Connection, ip_range: IPv4Network) -> None:
    for cidr in network_rows.list_ranges(connection):
        if cidr.overlaps(ip_range):
            raise CidrConflict(
                f"ip_range {ip_range} overlaps the network {cidr}; nothing was created"
            )


def _list_hosts(ip_range: IPv4Network) -> list[IPv4Address]:
    if ip_range.num_addresses >= MOST_ADDRESSES:
        raise InvalidInput(f"ip_range {ip_range}: fewer than {MOST_ADDRESSES} addresses are needed")
    addresses = list(ip_range.hosts())
    for address in addresses:
        if not can_be_floating_ip(address):
            raise InvalidInput(f"ip_range {ip_range}: {address} is not the address of one host")
    return addresses
