"""What an operator does with a host: disable it, empty it, and remove it from the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address

from cloudnet.common.errors import HostDisabled, HostInUse, HostNotFound
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import host_agents as host_agent_rows
from cloudnet.controller.db.rows import host_changes as host_change_rows
from cloudnet.controller.db.rows import host_networks as host_network_rows
from cloudnet.controller.db.rows import host_problems as host_problem_rows
from cloudnet.controller.db.rows import host_ranges as host_range_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import preparations as preparation_rows
from cloudnet.controller.db.rows import recovered as recovered_rows
from cloudnet.controller.db.rows import services as service_rows
from cloudnet.controller.model import events
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.service.hosts.known import list_known_hosts, require_known
from cloudnet.controller.service.hosts.overview import NO_REASON

DRAINED = "drained"


@dataclass(frozen=True)
class HostUse:
    """Something that only this host does, and that must be moved before the host can go."""

    kind: str  # guest, gateway or recovered guest
    network: str  # its label, or its uuid if the database does not have it
    address: IPv4Address | None
    instance: str | None
    remedy: str


def require_enabled(connection: Connection, host: str) -> None:
    """Check that a host accepts new guests.

    :raises HostDisabled: an operator has disabled it
    """
    reason = service_rows.get_disabled_reason(connection, host)
    if reason is not None:
        raise HostDisabled(
            f"host {host} is disabled ({reason}): it gets no new guests; choose another host, or "
            f"enable it with `cloudnet-manage host enable {host}`"
        )


class HostAdministration:
    """The operator's use cases around hosts that leave, for a while or for good."""

    def __init__(self, database: Database, down_seconds: int, clock: Clock) -> None:
        self._database = database
        self._down = timedelta(seconds=down_seconds)
        self._clock = clock

    def disable(self, host: str, reason: str | None) -> None:
        """Give a host no new guests; what it has is served as before.

        :raises HostNotFound: it has never reported, and nothing names it
        """
        self._set_disabled(host, reason or NO_REASON)

    def enable(self, host: str) -> None:
        """Give a host new guests again.

        :raises HostNotFound: it has never reported, and nothing names it
        """
        self._set_disabled(host, None)

    def drain(self, host: str, reason: str | None) -> list[HostUse]:
        """Disable a host, and return what must be moved from it.

        :raises HostNotFound: it has never reported, and nothing names it
        """

        def work(connection: Connection) -> list[HostUse]:
            require_known(connection, host)
            known = service_rows.get_disabled_reason(connection, host)
            if known is None or reason:
                service_rows.set_disabled(connection, host, reason or DRAINED, self._clock())
            return _list_uses(connection, host)

        return self._database.write(work)

    def forget(self, host: str) -> list[IPv4Address]:
        """Remove a host that does not come back; return its own addresses, which are free now.

        A host whose agent reports again afterwards is a new host.

        :raises HostNotFound: nothing is known about it
        :raises HostInUse: its agent reports, or something must be moved first
        """

        def work(connection: Connection) -> list[IPv4Address]:
            now = self._clock()
            if host not in list_known_hosts(connection):
                raise HostNotFound(
                    f"nothing is known about host {host}: there is nothing to forget"
                )
            self._require_down(connection, host, now)
            _require_unused(host, _list_uses(connection, host))
            return _delete(connection, host, now)

        return self._database.write(work)

    def _set_disabled(self, host: str, reason: str | None) -> None:
        def work(connection: Connection) -> None:
            require_known(connection, host)
            service_rows.set_disabled(connection, host, reason, self._clock())

        self._database.write(work)

    def _require_down(self, connection: Connection, host: str, now: datetime) -> None:
        seen = service_rows.get_last_seen(connection, host)
        if seen is not None and now - seen <= self._down:
            raise HostInUse(
                f"the agent of host {host} reported {int((now - seen).total_seconds())} s ago; "
                f"stop it, and try again after {self._down.total_seconds():g} s"
            )


def _require_unused(host: str, uses: Sequence[HostUse]) -> None:
    if uses:
        first = uses[0]
        name = first.instance or first.network
        raise HostInUse(
            f"host {host} has {len(uses)} guests or gateways, the first one is {first.kind} "
            f"{name}: {first.remedy}; `cloudnet-manage host drain {host}` lists them"
        )


def _list_uses(connection: Connection, host: str) -> list[HostUse]:
    """Return the guests of a host, and the networks whose only gateway it is."""
    networks = network_rows.list_networks(connection)
    labels = {network.id: network.label for network in networks}
    labels_by_uuid = {network.uuid: network.label for network in networks}
    uses = [
        HostUse(
            "guest",
            labels.get(guest.network_id, str(guest.network_id)),
            guest.address,
            guest.instance,
            "migrate or delete the instance",
        )
        for guest in guest_rows.list_all_on_host(connection, host)
    ]
    uses += [
        HostUse(
            "gateway",
            network.label,
            network.served_from,
            None,
            f"`cloudnet-manage network set {network.uuid} --host HOST`",
        )
        for network in networks
        if network.host == host and not network.multi_host
    ]
    uses += [
        HostUse(
            "recovered guest",
            labels_by_uuid.get(guest.network_uuid, guest.network_uuid),
            guest.address,
            guest.instance_uuid,
            f"`cloudnet-manage fixed unreserve {guest.address}`",
        )
        for guest in recovered_rows.list_all(connection)
        if guest.host == host
    ]
    return uses


def _delete(connection: Connection, host: str, now: datetime) -> list[IPv4Address]:
    """Delete all rows of a host that has no guests; return the addresses that were its own."""
    freed = address_rows.release_gateways_of_host(connection, host, now)
    released = [events.address_event(events.GATEWAY_FREED, row) for row in freed]
    if released:
        history_rows.add(connection, released, now)
    recovered_rows.delete_networks_of_host(connection, host)
    preparation_rows.delete_host(connection, host)
    host_network_rows.delete_host(connection, host)
    host_change_rows.delete_host(connection, host)
    host_problem_rows.replace(connection, host, [], now)
    host_range_rows.replace(connection, host, [])
    host_agent_rows.delete(connection, host)
    service_rows.delete_host(connection, host)
    return [row.address for row in freed]
