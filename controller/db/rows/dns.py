"""Rows of ``dns_domains`` and ``dns_entries``; what changes is also noted in ``dns_changes``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv4Address

import sqlalchemy as sa

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.reading import read_rows
from cloudnet.controller.db.rows import dns_changes
from cloudnet.controller.db.tables import dns_domains, dns_entries
from cloudnet.controller.model.dns import DnsDomain, DnsEntry

_DOMAIN = sa.select(
    dns_domains.c.domain,
    dns_domains.c.scope,
    dns_domains.c.availability_zone,
    dns_domains.c.project_id,
)
_ENTRY = sa.select(
    dns_entries.c.domain,
    dns_entries.c.name,
    dns_entries.c.address,
    dns_entries.c.instance_uuid,
)


def list_domains(connection: Connection) -> list[DnsDomain]:
    """Return all domains by name."""
    return [
        DnsDomain(*row) for row in read_rows(connection, _DOMAIN.order_by(dns_domains.c.domain))
    ]


def get_domain(connection: Connection, domain: str) -> DnsDomain | None:
    """Return a domain, or None if there is none of this name."""
    row = connection.execute(_DOMAIN.where(dns_domains.c.domain == domain)).first()
    return None if row is None else DnsDomain(*row)


def add_domain(connection: Connection, domain: DnsDomain, now: datetime) -> None:
    """Add a domain.

    :raises Conflict: it exists
    """
    connection.execute(sa.insert(dns_domains), {"created_at": now, **vars(domain)})
    dns_changes.add(connection, [(domain.domain, "")])


def update_domain(connection: Connection, domain: DnsDomain, now: datetime) -> None:
    """Give a domain another scope, zone or project."""
    values = {name: value for name, value in vars(domain).items() if name != "domain"}
    connection.execute(
        sa.update(dns_domains)
        .where(dns_domains.c.domain == domain.domain)
        .values(updated_at=now, **values)
    )
    dns_changes.add(connection, [(domain.domain, "")])


def delete_domain(connection: Connection, domain: str) -> bool:
    """Delete a domain with its entries; return False if there is none of this name."""
    _delete_entries(connection, dns_entries.c.domain == domain)
    dns_changes.add(connection, [(domain, "")])
    done = connection.execute(sa.delete(dns_domains).where(dns_domains.c.domain == domain))
    return done.rowcount == 1


def list_entries(
    connection: Connection,
    domain: str | None = None,
    *,
    name: str | None = None,
    address: IPv4Address | None = None,
) -> list[DnsEntry]:
    """Return the entries of a domain (None: of all), with a name or an address if given."""
    statement = _ENTRY.order_by(dns_entries.c.domain, dns_entries.c.name)
    wanted = ((dns_entries.c.domain, domain), (dns_entries.c.name, name))
    for column, value in (*wanted, (dns_entries.c.address, address)):
        if value is not None:
            statement = statement.where(column == value)
    return [DnsEntry(*row) for row in read_rows(connection, statement)]


def list_for_addresses(connection: Connection, addresses: Iterable[IPv4Address]) -> list[DnsEntry]:
    """Return the entries of these addresses in all domains."""
    statement = _ENTRY.where(dns_entries.c.address.in_(list(addresses)))
    return [DnsEntry(*row) for row in read_rows(connection, statement)]


def list_for_instance(connection: Connection, instance: str) -> list[DnsEntry]:
    """Return the entries that an instance has by itself."""
    statement = _ENTRY.where(dns_entries.c.instance_uuid == instance)
    return [DnsEntry(*row) for row in read_rows(connection, statement)]


def add_entry(connection: Connection, entry: DnsEntry, now: datetime) -> None:
    """Add an entry.

    :raises Conflict: the domain has the name
    """
    connection.execute(sa.insert(dns_entries), {"created_at": now, **vars(entry)})
    dns_changes.add(connection, [(entry.domain, entry.name)])


def set_address(
    connection: Connection, domain: str, name: str, address: IPv4Address, now: datetime
) -> bool:
    """Give a name another address; return False if the domain does not have it."""
    done = connection.execute(
        sa.update(dns_entries)
        .where(dns_entries.c.domain == domain, dns_entries.c.name == name)
        .values(address=address, updated_at=now)
    )
    dns_changes.add(connection, [(domain, name)])
    return done.rowcount == 1


def delete_entry(connection: Connection, domain: str, name: str) -> bool:
    """Delete an entry; return False if the domain does not have the name."""
    return _delete_entries(connection, dns_entries.c.domain == domain, dns_entries.c.name == name)


def delete_address(connection: Connection, address: IPv4Address) -> None:
    """Delete the entries of an address in all domains."""
    _delete_entries(connection, dns_entries.c.address == address)


def note_all(connection: Connection, now: datetime) -> None:
    """Note all entries as changed, and any others as unknown, so that all are sent again."""
    dns_changes.publish_again(connection, now)
    domains = [(domain.domain, "") for domain in list_domains(connection)]
    entries = [(entry.domain, entry.name) for entry in list_entries(connection)]
    dns_changes.add(connection, [*domains, *entries])


def _delete_entries(connection: Connection, *conditions: sa.ColumnElement[bool]) -> bool:
    """Delete entries; return False if there is none."""
    keys = sa.select(dns_entries.c.domain, dns_entries.c.name).where(*conditions)
    found = [(domain, name) for domain, name in connection.execute(keys)]
    if found:
        connection.execute(sa.delete(dns_entries).where(*conditions))
        dns_changes.add(connection, found)
    return bool(found)
