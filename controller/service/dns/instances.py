"""The entries that instances have by themselves, in the domain that the configuration names."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import dns as dns_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.model.dns import PRIVATE, DnsDomain, DnsEntry, list_instance_entries
from cloudnet.controller.model.records import SnapshotKey

LOG = logging.getLogger(__name__)


def update_instance_entries(
    connection: Connection, instance: str, domain: str | None, now: datetime
) -> None:
    """Make the entries of an instance those of its addresses; called when these have changed.

    A hostname that another entry has already is left to it: the instance has its uuid as a name.
    """
    before = dns_rows.list_for_instance(connection, instance)
    if domain is None and not before:
        return
    guests = guest_rows.list_for_instance(connection, instance)
    wanted = list_instance_entries(domain, guests) if domain is not None else []
    for entry in before:
        if entry not in wanted:
            dns_rows.delete_entry(connection, entry.domain, entry.name)
    missing = [entry for entry in wanted if entry not in before]
    if missing:
        _add(connection, missing, now)


def _add(connection: Connection, entries: list[DnsEntry], now: datetime) -> None:
    domain = entries[0].domain
    if dns_rows.get_domain(connection, domain) is None:
        dns_rows.add_domain(connection, DnsDomain(domain, PRIVATE, None, None), now)
    for entry in entries:
        if dns_rows.list_entries(connection, domain, name=entry.name):
            LOG.warning(
                "instance %s: %s.%s exists, and stays with the address that it has",
                entry.instance_uuid,
                entry.name,
                domain,
            )
        else:
            dns_rows.add_entry(connection, entry, now)


def record_names(connection: Connection, changed: Iterable[SnapshotKey], now: datetime) -> None:
    """Record that the names of guests of other hosts change, on the hosts of multi-host networks.

    :param changed: what changes because of the guests themselves
    """
    changed = set(changed)
    for uuid in sorted({key.network for key in changed}):
        network = network_rows.get_by_uuid(connection, uuid)
        if network is not None and network.multi_host:
            own = {key.host for key in changed if key.network == uuid}
            hosts = host_change_rows.list_hosts(connection, network) - own
            host_change_rows.add_all(connection, sorted(hosts), network, now)
