"""The ``leased`` flag of fixed IPs: set by lease events, and by the list in each report."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from ipaddress import IPv4Address

from cloudnet.common.wire.objects import ReportedLease
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import leases as lease_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.hostnames import default_hostname
from cloudnet.controller.service.networks.lookup import get_network

LOG = logging.getLogger(__name__)


class Leases:
    """Records lease events of the hosts' DHCP servers, and lists the leases."""

    def __init__(self, database: Database, lease_seconds: int, clock: Clock) -> None:
        self._database = database
        self._lease_seconds = lease_seconds
        self._clock = clock

    def record_lease(self, address: IPv4Address, mac: str | None = None) -> None:
        """Record that a DHCP server has leased an address."""
        self._record(address, mac, leased=True)

    def record_lease_end(self, address: IPv4Address, mac: str | None = None) -> None:
        """Record that a lease has ended; with a MAC, only if no other VIF has the address now."""
        self._record(address, mac, leased=False)

    def format_lease_file(self, network: str) -> str:
        """Return the leases of a network as dnsmasq's lease file has them.

        Each ends a full lease time from now, at the latest.

        :raises NetworkNotFoundForUUID: there is no such network
        """
        with self._database.reading() as connection:
            get_network(connection, network)
            leases = lease_rows.list_leased(connection, network)
        end = int(self._clock().timestamp()) + self._lease_seconds
        return "\n".join(
            f"{end} {mac} {address} {hostname or default_hostname(address)} *"
            for address, mac, hostname in leases
        )

    def _record(self, address: IPv4Address, mac: str | None, *, leased: bool) -> None:
        def work(connection: Connection) -> bool:
            return lease_rows.set_leased(connection, address, mac, leased=leased)

        if not self._database.write(work, idempotent=True):
            LOG.debug("lease of %s (MAC %s): nothing to record", address, mac or "not given")


def replace_leases(connection: Connection, host: str, leases: Sequence[ReportedLease]) -> None:
    """Set the flags of all addresses that a host serves to what its DHCP servers report."""
    reported = {lease.address: lease.mac for lease in leases}
    started: list[int] = []
    ended: list[int] = []
    for row in lease_rows.list_leasable(connection, host):
        mac = reported.get(row.address)
        # A lease of the guest that had the address before does not count for the present one.
        leased = mac is not None and (row.mac is None or row.mac == mac)
        if leased != row.leased:
            (started if leased else ended).append(row.fixed_ip_id)
    lease_rows.set_leased_rows(connection, started, leased=True)
    lease_rows.set_leased_rows(connection, ended, leased=False)
