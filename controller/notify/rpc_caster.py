"""Casting to agents with oslo.messaging."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cloudnet.common import rpc
from cloudnet.common.broker_refusals import describe_reason
from cloudnet.common.errors import BrokerUnavailable
from cloudnet.common.queue_library import BROKER_ERRORS
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.codec import to_wire
from cloudnet.common.wire.objects import DnsRecords, FixedRanges, Snapshot, SnapshotPatch


class RpcCaster:
    """Casts to the agents' topic; without a broker a cast fails soon instead of waiting for one."""

    def __init__(self, transport: messaging.Transport) -> None:
        self._client = rpc.create_client(transport, rpc.AGENT_TOPIC)

    def cast_snapshot(self, snapshot: Snapshot) -> None:
        """Cast a snapshot to its host.

        :raises BrokerUnavailable: the broker does not take it
        """
        to_host = self._client.prepare(server=snapshot.host, retry=1)
        with _broker_errors():
            to_host.cast({}, "apply_snapshot", snapshot=to_wire(snapshot))

    def cast_patch(self, patch: SnapshotPatch) -> None:
        """Cast what has changed of a snapshot to its host.

        :raises BrokerUnavailable: the broker does not take it
        """
        to_host = self._client.prepare(server=patch.host, retry=1)
        with _broker_errors():
            to_host.cast({}, "apply_patch", patch=to_wire(patch))

    def cast_ranges(self, ranges: FixedRanges) -> None:
        """Cast the ranges of all networks to every host.

        :raises BrokerUnavailable: the broker does not take them
        """
        to_all = self._client.prepare(fanout=True, retry=1)
        with _broker_errors():
            to_all.cast({}, "apply_ranges", ranges=to_wire(ranges))

    def cast_dns(self, records: DnsRecords) -> None:
        """Cast names in DNS to every host.

        :raises BrokerUnavailable: the broker does not take them
        """
        to_all = self._client.prepare(fanout=True, retry=1)
        with _broker_errors():
            to_all.cast({}, "apply_dns", records=to_wire(records))


@contextmanager
def _broker_errors() -> Iterator[None]:
    try:
        yield
    except BROKER_ERRORS as error:
        raise BrokerUnavailable(describe_reason(error)) from error
