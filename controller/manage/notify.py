"""What a command has changed, and how the hosts hear of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

from cloudnet.common.errors import BrokerUnavailable
from cloudnet.common.settings.views import ControllerSettings
from cloudnet.controller.model.records import SnapshotKey
from cloudnet.controller.service.hosts.snapshots import SnapshotReader


class News:
    """Collects changes until the command is done."""

    def __init__(self) -> None:
        self._touched: set[SnapshotKey] = set()
        self._ranges = False

    def notify_hosts(self, changed: Iterable[SnapshotKey]) -> None:
        """These hosts' pictures of these networks have changed."""
        self._touched.update(changed)

    def notify_ranges(self) -> None:
        """A network has come or gone."""
        self._ranges = True

    def tell(
        self, snapshots: SnapshotReader, settings: ControllerSettings, files: Sequence[Path]
    ) -> str | None:
        """Cast the changes; return one line if that cannot be done, None if all is told."""
        if not self._touched and not (self._ranges and snapshots.list_agent_hosts()):
            return None  # nothing that anybody waits for
        # The queue library takes half a second to import: only now is it needed.
        load = import_module("cloudnet.common.settings.load")
        rpc = import_module("cloudnet.common.rpc")
        queued = import_module("cloudnet.controller.notify.queued")
        rpc_caster = import_module("cloudnet.controller.notify.rpc_caster")
        argv = [word for file in files for word in ("--config-file", str(file))]
        conf, _ = load.load_controller(argv, "cloudnet-manage")
        reason = rpc.why_no_broker(settings.rpc.transport_url)
        if reason is None:
            transport = rpc.transport(
                conf, settings.rpc.transport_url, settings.rpc.control_exchange
            )
            try:
                caster = rpc_caster.RpcCaster(transport)
                queued.cast_changes(snapshots, caster, self._touched, ranges=self._ranges)
            except BrokerUnavailable as error:
                reason = str(error)
            finally:
                transport.cleanup()
        if reason is None:
            return None
        return (
            f"it is done, but the broker could not be told ({reason}); the agents will learn it "
            f"with their next heartbeat, within {settings.report_interval_seconds} s of its return"
        )
