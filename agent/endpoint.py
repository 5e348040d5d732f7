"""What the controller casts to an agent: the desired state, which goes into the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.reply import decode_snapshot
from cloudnet.common import rpc
from cloudnet.common.errors import BadRequest
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.codec import from_wire
from cloudnet.common.wire.objects import DnsRecords, FixedRanges, SnapshotPatch, Undecoded
from cloudnet.common.wire.validate import (
    validate,
    validate_dns,
    validate_patch,
    validate_ranges,
)

LOG = logging.getLogger(__name__)

Json = Mapping[str, Any]  # Any: JSON


class AgentEndpoint:
    """Topic ``cloudnet-agent``; all methods are casts, without a reply."""

    target = messaging.Target(version=rpc.AGENT_VERSION)

    def __init__(self, store: DesiredStore, report: Callable[[], None] = lambda: None) -> None:
        """:param report: reports soon; the reply makes up for a cast that was dropped"""
        self._store = store
        self._report = report

    def apply_snapshot(self, context: Json, snapshot: Any) -> None:
        """Take one network's desired state on this host."""
        try:
            taken = decode_snapshot(snapshot)
            if isinstance(taken, Undecoded):
                raise BadRequest(taken.reason)
            if not self._store.put(validate(taken)):
                self._report()
        except BadRequest as error:
            LOG.warning("dropped a snapshot: %.300s", error)

    def apply_patch(self, context: Json, patch: Any) -> None:
        """Take what has changed of one network's desired state on this host."""
        try:
            taken = validate_patch(from_wire(SnapshotPatch, patch))
            if not self._store.put_patch(taken):
                self._report()
        except BadRequest as error:
            LOG.warning("dropped a patch of a snapshot: %.300s", error)
            self._report()  # the network lacks something now

    def apply_ranges(self, context: Json, ranges: Any) -> None:
        """Take the fixed ranges of all networks."""
        try:
            if not self._store.put_ranges(validate_ranges(from_wire(FixedRanges, ranges))):
                self._report()
        except BadRequest as error:
            LOG.warning("dropped fixed ranges: %.300s", error)

    def apply_dns(self, context: Json, records: Any) -> None:
        """Take names in DNS: all, or those that changed."""
        try:
            if not self._store.put_dns(validate_dns(from_wire(DnsRecords, records))):
                self._report()
        except BadRequest as error:
            LOG.warning("dropped names in DNS: %.300s", error)
