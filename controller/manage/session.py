"""The use cases over the configured database, for one command.

Put together here and not by :mod:`cloudnet.controller.compose`, which brings the queue library
along: a command that only reads need not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from ipaddress import IPv4Address
from pathlib import Path

from cloudnet.common.errors import BadRequest, DatabaseUnavailable, NetworkNotFound
from cloudnet.common.settings.load import read_controller
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.db.engine import Database, get_sqlite_file
from cloudnet.controller.manage.notify import News
from cloudnet.controller.model.records import Network
from cloudnet.controller.notify.port import NullNotifier
from cloudnet.controller.service.addresses.fixed import FixedIps
from cloudnet.controller.service.floating.floating import ADMIN, FloatingIps
from cloudnet.controller.service.floating.pools import FloatingPools
from cloudnet.controller.service.hosts.overview import Overview
from cloudnet.controller.service.hosts.snapshots import SnapshotReader
from cloudnet.controller.service.instances.allocation import BootRequest
from cloudnet.controller.service.instances.instances import Instances
from cloudnet.controller.service.networks.network_selection import RequestedNetwork
from cloudnet.controller.service.networks.networks import Networks
from cloudnet.controller.service.quotas import Quotas

CONNECTIONS = 2  # one command, one thread; and one more for what it tells the hosts


class Cloud:
    """What commands work on."""

    admin = ADMIN  # on whose behalf an operator's command asks

    def __init__(self, files: Sequence[Path], *, rehearse: bool = False) -> None:
        self._files = files
        self._news = None if rehearse else News()
        self.settings = read_controller(files, "cloudnet-manage")
        self._database = open_database(self.settings.database, rehearse=rehearse)
        changes = self._news or NullNotifier()
        settings, database = self.settings, self._database
        self.networks = Networks(database, settings.networks, changes, _now)
        self.instances = Instances(database, settings, changes, _now)
        self.floating = FloatingIps(database, settings, changes, _now)
        self.pools = FloatingPools(database, settings.default_floating_pool, _now)
        self.fixed = FixedIps(database, _now)
        self.quotas = Quotas(database, settings, _now)
        self.overview = Overview(database, settings.service_down_seconds, _now)

    def network(self, name: str) -> Network:
        """Return the network with this uuid, range or label.

        :raises NetworkNotFound: there is none
        :raises BadRequest: several have this label
        """
        every = self.networks.list_networks()
        for network in every:
            if name in (network.uuid, str(network.cidr)):
                return network
        labelled = [network for network in every if network.label == name]
        if len(labelled) > 1:
            ranges = ", ".join(str(network.cidr) for network in labelled)
            raise BadRequest(
                f"{len(labelled)} networks are labelled {name!r}; name one by its range ({ranges})"
            )
        if not labelled:
            raise NetworkNotFound(
                f"no network has the uuid, range or label {name!r}; "
                "see `cloudnet-manage network list`"
            )
        return labelled[0]

    def allocate(
        self,
        instance: str,
        project: str,
        host: str,
        hostname: str | None,
        requested: Iterable[tuple[str, IPv4Address | None]],
    ) -> list[JsonObject]:
        """Give the instance its networks and return them as a compute service is told of them."""
        wanted = tuple(RequestedNetwork(network, address) for network, address in requested)
        boot = BootRequest(instance, project, host, hostname=hostname, requested=wanted)
        return self.instances.allocate(boot)

    def tell(self) -> str | None:
        """Tell the hosts what has changed; return a line if they cannot be told now."""
        if self._news is None:
            return None
        return self._news.tell(SnapshotReader(self._database), self.settings, self._files)

    def require_tables(self) -> None:
        """See to it that the database has this version's tables.

        :raises DatabaseUnavailable: it has others, or does not answer
        """
        schema = import_module("cloudnet.controller.db.schema")  # Alembic takes its time to import
        schema.require(self._database)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


def open_database(url: str, *, rehearse: bool = False) -> Database:
    """Return the database at the URL; an SQLite file must be there already.

    :raises DatabaseUnavailable: it is not
    """
    file = get_sqlite_file(url)
    if file is not None and not file.exists():
        raise DatabaseUnavailable(
            f"there is no database at {file} yet; run `cloudnet-manage db sync`"
        )
    return Database(url, connections=CONNECTIONS, rehearse=rehearse)


def _now() -> datetime:
    return datetime.now(UTC)
