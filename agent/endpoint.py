"""What the controller casts to an agent: the desired state, which goes into the store."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.validate import validate
from cloudnet.common import rpc
from cloudnet.common.errors import BadRequest
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.codec import from_wire
from cloudnet.common.wire.objects import FixedRanges, NetworkGone, NetworkSnapshot

LOG = logging.getLogger(__name__)

Json = Mapping[str, Any]  # Any: JSON


class AgentEndpoint:
    """Topic ``cloudnet-agent``; all methods are casts, without a reply."""

    target = messaging.Target(version=rpc.AGENT_VERSION)

    def __init__(self, store: DesiredStore) -> None:
        self._store = store

    def apply_snapshot(self, context: Json, snapshot: Any) -> None:
        """Take one network's desired state on this host."""
        try:
            if isinstance(snapshot, Mapping) and snapshot.get("type") == NetworkGone.__name__:
                self._store.put(validate(from_wire(NetworkGone, snapshot)))
            else:
                self._store.put(validate(from_wire(NetworkSnapshot, snapshot)))
        except BadRequest as error:
            LOG.warning("dropped a snapshot: %.300s", error)

    def apply_ranges(self, context: Json, ranges: Any) -> None:
        """Take the fixed ranges of all networks."""
        try:
            self._store.put_ranges(from_wire(FixedRanges, ranges))
        except BadRequest as error:
            LOG.warning("dropped fixed ranges: %.300s", error)
