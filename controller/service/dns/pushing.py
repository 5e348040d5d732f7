"""What a DNS server lacks of the names in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address

from cloudnet.common.settings.views import DnsDriver
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import dns as dns_rows
from cloudnet.controller.db.rows import dns_changes
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.model.dns import PUBLIC, DnsKey, NameState
from cloudnet.controller.model.dns_updates import RecordSet, Zones, list_reverse
from cloudnet.controller.notify.dns_pusher import Changes


class PushedNames:
    """The names of the domains that a DNS server has; see ``DnsPusher``."""

    def __init__(self, database: Database, *, private: DnsDriver, public: DnsDriver) -> None:
        self._database = database
        self._drivers = {True: public, False: private}

    def list_changes(self) -> Changes | None:
        """Return the names that the server lacks, at first all; None: it has all."""
        with self._database.reading() as connection:
            revision = revision_rows.get(connection, revision_rows.DNS)
            pushed = revision_rows.get(connection, revision_rows.DNS_PUSHED)
            if pushed == revision:
                return None
            states = dns_changes.list_states_since(connection, pushed)
            if pushed == 0:
                states += [
                    NameState(each.domain, each.name, each.address)
                    for each in dns_rows.list_entries(connection)
                ]
            others = self._list_other_domains(connection)
        names = {(each.domain, each.name): each for each in states if each.domain not in others}
        return Changes(revision, tuple(names.values()))

    def read_names(self, keys: Sequence[DnsKey]) -> list[NameState]:
        """Return names as they are now."""
        with self._database.reading() as connection:
            return [_read_name(connection, *key) for key in keys]

    def list_reverse(self, addresses: Iterable[IPv4Address], zones: Zones) -> list[RecordSet]:
        """Return the reverse records of addresses."""
        addresses = set(addresses)
        with self._database.reading() as connection:
            others = self._list_other_domains(connection)
            entries = dns_rows.list_for_addresses(connection, addresses)
        own = [each for each in entries if each.domain not in others]
        return list(list_reverse(addresses, own, zones))

    def record_pushed(self, revision: int) -> None:
        """Record that the server has all changes up to a revision."""
        self._database.write(
            lambda connection: revision_rows.replace(connection, revision_rows.DNS_PUSHED, revision)
        )

    def _list_other_domains(self, connection: Connection) -> set[str]:
        """Return the domains that something else serves."""
        return {
            each.domain
            for each in dns_rows.list_domains(connection)
            if self._drivers[each.scope == PUBLIC] is not DnsDriver.RFC2136
        }


def forget_pushed(database: Database) -> None:
    """Record that no server gets names, so that changes are not kept for one."""
    database.write(
        lambda connection: revision_rows.replace(connection, revision_rows.DNS_PUSHED, 0)
    )


def _read_name(connection: Connection, domain: str, name: str) -> NameState:
    found = dns_rows.list_entries(connection, domain, name=name)
    return NameState(domain, name, found[0].address if found else None)
