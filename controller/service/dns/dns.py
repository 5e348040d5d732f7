"""Domains and entries that callers and operators add, as nova-network's DNS drivers kept them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import TypeVar

from cloudnet.common.errors import DnsNotFound, FloatingIpDNSExists
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import dns as dns_rows
from cloudnet.controller.db.rows import dns_changes
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.dns import DnsDomain, DnsEntry
from cloudnet.controller.notify.port import HostNotifier
from cloudnet.controller.service.caller import ADMIN, Caller

T = TypeVar("T")

LOG = logging.getLogger(__name__)


class Dns:
    """Domains and their entries; all names are in lower case."""

    def __init__(self, database: Database, notifier: HostNotifier, clock: Clock) -> None:
        self._database = database
        self._notifier = notifier
        self._clock = clock

    def list_domains(self, caller: Caller = ADMIN) -> list[DnsDomain]:
        """Return the domains that a caller may use, by name."""
        with self._database.reading() as connection:
            domains = dns_rows.list_domains(connection)
        return [domain for domain in domains if _is_usable(domain, caller)]

    def create_domain(self, domain: DnsDomain) -> None:
        """Create a domain; one that exists gets the scope, zone and project, as in nova-network."""

        def work(connection: Connection) -> bool:
            known = dns_rows.get_domain(connection, domain.domain)
            if known is None:
                dns_rows.add_domain(connection, domain, self._clock())
            else:
                dns_rows.update_domain(connection, domain, self._clock())
            return known is not None and known != domain

        if self._write(work):
            LOG.warning("DNS domain %s existed; it is %s now", domain.domain, domain.scope)

    def delete_domain(self, domain: str) -> None:
        """Delete a domain with its entries.

        :raises DnsNotFound: there is none of this name
        """

        def work(connection: Connection) -> None:
            if not dns_rows.delete_domain(connection, domain):
                raise no_domain_error(domain)

        self._write(work)

    def list_entries(
        self,
        domain: str | None = None,
        caller: Caller = ADMIN,
        *,
        name: str | None = None,
        address: IPv4Address | None = None,
    ) -> list[DnsEntry]:
        """Return the entries of a domain (None: of all), with a name or an address if given.

        :raises DnsNotFound: there is no such domain
        """
        with self._database.reading() as connection:
            if domain is not None:
                _require_domain(connection, domain, caller)
            return dns_rows.list_entries(connection, domain, name=name, address=address)

    def add_entry(self, entry: DnsEntry, caller: Caller = ADMIN) -> None:
        """Add an entry.

        :raises DnsNotFound: there is no such domain
        :raises FloatingIpDNSExists: the domain has the name
        """

        def work(connection: Connection) -> None:
            _require_domain(connection, entry.domain, caller)
            dns_rows.add_entry(connection, entry, self._clock())

        try:
            self._write(work)
        except Conflict as conflict:
            raise FloatingIpDNSExists(
                f"{entry.name}.{entry.domain} exists; modify it, or delete it first"
            ) from conflict

    def modify_entry(
        self, domain: str, name: str, address: IPv4Address, caller: Caller = ADMIN
    ) -> None:
        """Give a name another address.

        :raises DnsNotFound: there is no such domain, or it does not have the name
        """

        def work(connection: Connection) -> None:
            _require_domain(connection, domain, caller)
            if not dns_rows.set_address(connection, domain, name, address, self._clock()):
                raise _no_entry_error(domain, name)

        self._write(work)

    def delete_entry(self, domain: str, name: str, caller: Caller = ADMIN) -> None:
        """Delete an entry.

        :raises DnsNotFound: there is no such domain, or it does not have the name
        """

        def work(connection: Connection) -> None:
            _require_domain(connection, domain, caller)
            if not dns_rows.delete_entry(connection, domain, name):
                raise _no_entry_error(domain, name)

        self._write(work)

    def send_all(self) -> None:
        """Send all entries to hosts and servers again, also those that were edited by SQL."""
        self._write(lambda connection: dns_rows.note_all(connection, self._clock()))

    def publish(self) -> None:
        """Send what was committed and not sent, because a controller ended in between."""
        with self._database.reading() as connection:
            is_due = dns_changes.has_unpublished(connection)
        if is_due:
            self._notifier.notify_dns()

    def _write(self, work: Callable[[Connection], T]) -> T:
        result = self._database.write(work)
        self._notifier.notify_dns()
        return result


def no_domain_error(domain: str) -> DnsNotFound:
    """Return the error for a domain that does not exist."""
    return DnsNotFound(f"there is no DNS domain {domain}; see `cloudnet-manage dns list-domains`")


def _no_entry_error(domain: str, name: str) -> DnsNotFound:
    return DnsNotFound(f"DNS domain {domain} has no entry {name}")


def _is_usable(domain: DnsDomain, caller: Caller) -> bool:
    return caller.is_admin or domain.project_id in (None, caller.project)


def _require_domain(connection: Connection, domain: str, caller: Caller) -> None:
    row = dns_rows.get_domain(connection, domain)
    if row is None:
        raise no_domain_error(domain)
    if not _is_usable(row, caller):
        caller.require_access(f"DNS domain {domain}", row.project_id)
