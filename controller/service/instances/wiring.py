"""Use cases that end when the hosts have wired an instance: what follows needs its bridges."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future

from cloudnet.common.errors import CloudnetError, NotWired
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.model.nwinfo import format_network_info
from cloudnet.controller.service.caller import ADMIN, Caller
from cloudnet.controller.service.hosts.overview import Overview
from cloudnet.controller.service.hosts.waiter import InstanceWired, Waiter, get_limit
from cloudnet.controller.service.instances.allocation import BootRequest
from cloudnet.controller.service.instances.instances import Instances

LOG = logging.getLogger(__name__)

NetworkInfo = list[JsonObject]


class Wiring:
    """Waits for the hosts of instances."""

    def __init__(
        self, instances: Instances, overview: Overview, waiter: Waiter, seconds: float
    ) -> None:
        """:param seconds: how long a call waits unless it names a time; 0: not at all"""
        self._instances = instances
        self._overview = overview
        self._waiter = waiter
        self._seconds = seconds

    def allocate(
        self, boot: BootRequest, caller: Caller = ADMIN, seconds: float | None = None
    ) -> NetworkInfo | Future[NetworkInfo]:
        """Allocate for an instance, and return its network info when its hosts have wired it.

        If they have not in time, an instance that had nothing before has nothing again.

        :param seconds: how long to wait for the hosts; None: as configured
        :raises NotWired: from the future; its message has the hosts' reasons
        """
        allocation = self._instances.run_allocation(boot, caller)
        info = format_network_info(allocation.vifs, boot.rxtx_factor)

        def release() -> None:
            self._instances.deallocate(boot.instance)

        undo = release if allocation.is_first else _do_nothing
        return self.wait(boot.instance, info, seconds, boot.rxtx_factor, undo)

    def wait(
        self,
        instance: str,
        info: NetworkInfo,
        seconds: float | None = None,
        rxtx_factor: float | None = None,
        undo: Callable[[], None] = lambda: None,
    ) -> NetworkInfo | Future[NetworkInfo]:
        """Return an instance's network info, now ``info``, when its hosts have wired it.

        :param undo: is called if they have not in time
        """
        limit = get_limit(self._seconds if seconds is None else seconds)
        if not limit or all(vif["active"] for vif in info):
            return info

        def finish(is_wired: bool) -> NetworkInfo:
            latest = self._instances.get_network_info(instance, rxtx_factor)
            if is_wired:
                return latest
            error = self._describe(instance, latest, limit)
            LOG.warning("%s", error)
            _try(undo)
            raise error

        return self._waiter.wait(InstanceWired(instance), limit, finish)

    def _describe(self, instance: str, info: NetworkInfo, seconds: float) -> NotWired:
        labels = ", ".join(vif["network"]["label"] for vif in info if not vif["active"])
        reasons = "; ".join(self._overview.explain_unwired(instance))
        return NotWired(
            f"instance {instance}: network {labels} is not wired after {seconds:g} s: "
            f"{reasons or 'see `cloudnet-manage host list` and the log of its agent'}"
        )


def _do_nothing() -> None:
    """Keep what an instance had before."""


def _try(undo: Callable[[], None]) -> None:
    try:
        undo()
    except CloudnetError as error:
        LOG.warning("cannot release what was allocated: %s", error)
