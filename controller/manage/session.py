"""What one command works with: the settings, and the use cases over the configured database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cloudnet.common.errors import (
    BadRequest,
    BrokerUnavailable,
    DatabaseUnavailable,
    NetworkNotFound,
)
from cloudnet.common.settings.load import read_controller
from cloudnet.common.usage import find_near, join_or
from cloudnet.controller.compose import build_services
from cloudnet.controller.db.drivers import get_missing_file
from cloudnet.controller.db.engine import Database
from cloudnet.controller.manage.notify import PendingNotifications
from cloudnet.controller.model.records import Network
from cloudnet.controller.service.hosts.snapshots import SnapshotReader

CONNECTIONS = 2  # a command has one thread; the second connection is a spare


class Session:
    """Settings, database and use cases of one command.

    :raises ConfigurationError: the configuration is wrong
    :raises DatabaseUnavailable: the driver is not installed, or an SQLite file does not exist
    """

    def __init__(self, files: Sequence[Path], *, dry_run: bool = False) -> None:
        self._files = files
        self.notes: list[str] = []  # lines for stderr, once the command is done
        self.settings = read_controller(files, "cloudnet-manage")
        self._database = open_database(self.settings.database, dry_run=dry_run)
        self._notifications = PendingNotifications()
        self.services = build_services(self.settings, self._database, self._notifications)

    def find_network(self, name: str) -> Network:
        """Return the network with this uuid, range or label.

        :raises NetworkNotFound: there is none
        :raises BadRequest: several have this label
        """
        networks = self.services.networks.list_networks()
        for network in networks:
            if name in (network.uuid, str(network.cidr)):
                return network
        matches = [network for network in networks if network.label == name]
        if len(matches) > 1:
            ranges = ", ".join(str(network.cidr) for network in matches)
            raise BadRequest(
                f"{len(matches)} networks are labelled {name!r}; name one by its range ({ranges})"
            )
        if not matches:
            near = find_near(name, sorted({network.label for network in networks}))
            hint = f"did you mean {join_or(near)}? See" if near else "see"
            raise NetworkNotFound(
                f"no network has the uuid, range or label {name!r}; "
                f"{hint} `cloudnet-manage network list`"
            )
        return matches[0]

    def note_misnamed_host(self, host: str | None) -> None:
        """Add a note if a host that the command names has never reported, though others have."""
        note = None if host is None else self.services.overview.explain_misnamed(host)
        if note is not None:
            self.notes.append(note)

    def notify_hosts(self) -> str | None:
        """Notify the hosts of all changes; return one line if that fails, else None."""
        try:
            snapshots = SnapshotReader(self._database, names_peers=self.settings.update_dns_entries)
            self._notifications.send(snapshots, self.settings.rpc, self._files)
        except BrokerUnavailable as error:
            return (
                f"done, but cannot notify the hosts ({error}); their agents get the change with "
                f"their next heartbeat (every {self.settings.report_interval_seconds} s) that "
                "reaches a controller"
            )
        return None

    def require_tables(self) -> None:
        """Check that the tables are those of this version.

        :raises DatabaseUnavailable: they are not, or the database does not answer
        """
        from cloudnet.controller.db import schema  # noqa: PLC0415 - Alembic is slow to import

        schema.require_head(self._database)

    def close(self) -> None:
        """Close the connections to the database."""
        self._database.close()


def open_database(url: str, *, dry_run: bool = False) -> Database:
    """Return the database at the URL; an SQLite file must exist.

    :raises DatabaseUnavailable: it does not
    """
    missing = get_missing_file(url)
    if missing is not None:
        raise DatabaseUnavailable(
            f"there is no database at {missing} yet; run `cloudnet-manage db sync`"
        )
    return Database(url, connections=CONNECTIONS, dry_run=dry_run)
