"""The use cases of migrations: prepare a host, move an instance, clear a host."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future

from cloudnet.common.errors import NotWired
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.model.clock import Clock
from cloudnet.controller.model.records import SnapshotKey
from cloudnet.controller.notify.port import HostNotifier
from cloudnet.controller.service.caller import ADMIN, Caller
from cloudnet.controller.service.hosts.overview import Overview
from cloudnet.controller.service.hosts.waiter import HostInSync, Waiter, get_limit
from cloudnet.controller.service.instances.instances import Instances, get_instance
from cloudnet.controller.service.instances.wiring import NetworkInfo, Wiring
from cloudnet.controller.service.migrations import preparation
from cloudnet.controller.service.networks.lookup import find_network_uuid, get_network

LOG = logging.getLogger(__name__)

Done = Future[None] | None  # None: done; nobody waits for hosts


class Migrations:
    """Prepares and clears hosts, and moves instances."""

    def __init__(  # noqa: PLR0917 - what it is made of
        self,
        database: Database,
        instances: Instances,
        wiring: Wiring,
        overview: Overview,
        waiter: Waiter,
        notifier: HostNotifier,
        clock: Clock,
        seconds: float,
    ) -> None:
        """:param seconds: how long a call waits for hosts at the most; 0: not at all"""
        self._database = database
        self._instances = instances
        self._wiring = wiring
        self._overview = overview
        self._waiter = waiter
        self._notifier = notifier
        self._clock = clock
        self._seconds = seconds

    def prepare_host(self, instance: str, host: str, caller: Caller = ADMIN) -> Done:
        """Bring an instance's networks to a host, and return when the host has them.

        :raises InstanceNotFound: there is no such instance
        :raises HostDisabled: an operator has disabled the host
        :raises NotWired: from the future; its message has the host's reasons
        """

        def work(connection: Connection) -> set[SnapshotKey]:
            get_instance(connection, instance, caller)
            return preparation.prepare_for_instance(connection, instance, host, self._clock())

        return self._change_and_wait(host, work, f"instance {instance}: prepared on host {host}")

    def prepare_network(self, network: str | int, host: str) -> Done:
        """Bring a network to a host for any guest, and return when the host has it.

        :raises NetworkNotFoundForUUID: there is no such network
        """

        def work(connection: Connection) -> set[SnapshotKey]:
            row = get_network(connection, find_network_uuid(connection, network))
            return preparation.prepare_network(connection, row.id, host, self._clock())

        return self._change_and_wait(host, work, f"network {network}: prepared on host {host}")

    def clear_host(self, instance: str, host: str, caller: Caller = ADMIN) -> None:
        """Take back what was prepared for an instance on a host; its guests there stay."""

        def work(connection: Connection) -> set[SnapshotKey]:
            get_instance(connection, instance, caller)
            return preparation.end_preparation(connection, instance, self._clock(), host)

        self._notifier.notify_hosts(self._database.write(work))

    def clear_network(self, network: str | int, host: str) -> None:
        """Take back that a network was brought to a host for any guest.

        :raises NetworkNotFoundForUUID: there is no such network
        """

        def work(connection: Connection) -> set[SnapshotKey]:
            row = get_network(connection, find_network_uuid(connection, network))
            return preparation.end_network_preparation(connection, row.id, host, self._clock())

        self._notifier.notify_hosts(self._database.write(work))

    def finish(self, instance: str, host: str) -> Done:
        """Record that an instance runs on a host now, and return when its hosts have wired it.

        :raises InstanceNotFound: there is no such instance
        """
        self._instances.move(instance, host)
        info = self._instances.get_network_info(instance)
        wired = self._wiring.wait(instance, info)
        if not isinstance(wired, Future):
            return None
        done: Future[None] = Future()

        def complete(future: Future[NetworkInfo]) -> None:
            error = future.exception()
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        wired.add_done_callback(complete)
        return done

    def _change_and_wait(
        self, host: str, work: Callable[[Connection], set[SnapshotKey]], what: str
    ) -> Done:
        keys = self._database.write(work)
        self._notifier.notify_hosts(keys)
        LOG.info("%s", what)
        limit = get_limit(self._seconds)
        on_host = tuple(sorted(key for key in keys if key.host == host))
        if not limit or not on_host:
            return None

        def finish(is_done: bool) -> None:
            if not is_done:
                raise self._describe(host, on_host, limit)

        return self._waiter.wait(HostInSync(on_host), limit, finish)

    def _describe(self, host: str, keys: tuple[SnapshotKey, ...], seconds: float) -> NotWired:
        with self._database.reading() as connection:
            networks = network_rows.map_by_uuid(connection, [key.network for key in keys])
        labels = ", ".join(sorted(network.label for network in networks.values()))
        reasons = "; ".join(self._overview.explain_host(host))
        return NotWired(
            f"host {host} does not have network {labels} after {seconds:g} s: "
            f"{reasons or 'see `cloudnet-manage host show` and the log of its agent'}"
        )
