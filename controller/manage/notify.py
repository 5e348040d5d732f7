"""Notify the hosts of what a command has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cloudnet.common.deadline import run_with_deadline
from cloudnet.common.errors import BrokerUnavailable
from cloudnet.common.settings.load import load_controller
from cloudnet.common.settings.views import RpcSettings
from cloudnet.controller.model.records import SnapshotKey
from cloudnet.controller.service.hosts.snapshots import SnapshotReader

CAST_SECONDS = 10.0  # a broker with an alarm takes connections, but no messages


class PendingNotifications:
    """A notifier that collects changes until the command is done."""

    def __init__(self) -> None:
        self._changed: set[SnapshotKey] = set()
        self._ranges_changed = False
        self._dns_changed = False

    def notify_hosts(self, changed: Iterable[SnapshotKey]) -> None:
        """Collect these snapshots."""
        self._changed.update(changed)

    def notify_ranges(self) -> None:
        """Note that a network was created or deleted."""
        self._ranges_changed = True

    def notify_dns(self) -> None:
        """Note that names in DNS changed."""
        self._dns_changed = True

    def send(self, snapshots: SnapshotReader, settings: RpcSettings, files: Sequence[Path]) -> None:
        """Cast the changes.

        :raises BrokerUnavailable: the broker does not answer, or does not take them
        """
        is_for_all = self._ranges_changed or self._dns_changed
        if self._changed or (is_for_all and snapshots.list_agent_hosts()):
            _cast(snapshots, settings, files, ranges=self._ranges_changed)


def _cast(
    snapshots: SnapshotReader,
    settings: RpcSettings,
    files: Sequence[Path],
    *,
    ranges: bool,
) -> None:
    # The queue library takes half a second to import, and most commands do not need it.
    from cloudnet.common import rpc  # noqa: PLC0415 - see above
    from cloudnet.controller.notify.queued import cast_changes  # noqa: PLC0415 - see above
    from cloudnet.controller.notify.rpc_caster import RpcCaster  # noqa: PLC0415 - see above

    argv = [word for file in files for word in ("--config-file", str(file))]
    conf, _ = load_controller(argv, "cloudnet-manage")  # registers the queue library's options
    rpc.check_broker(settings.transport_url)

    def cast_all() -> None:
        transport = rpc.create_transport(conf, settings.transport_url, settings.control_exchange)
        try:
            cast_changes(snapshots, RpcCaster(transport), ranges=ranges)
        finally:
            transport.cleanup()

    try:
        run_with_deadline(cast_all, CAST_SECONDS)
    except TimeoutError as error:
        raise BrokerUnavailable(
            f"the broker has accepted no message in {CAST_SECONDS:g} s; see `rabbitmqctl status` "
            "for its alarms"
        ) from error
