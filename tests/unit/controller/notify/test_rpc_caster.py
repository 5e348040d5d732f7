"""Casting to agents: an unreachable broker is cloudnet's own error."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from cloudnet.common import rpc
from cloudnet.common.errors import BrokerUnavailable
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.objects import FixedRanges, NetworkGone
from cloudnet.controller.notify.rpc_caster import RpcCaster


class UnreachableBroker(messaging.Transport):
    """A transport that can send nothing."""

    def _send(self, *arguments: Any, **options: Any) -> NoReturn:  # Any: the library's
        raise messaging.MessageDeliveryFailure("no broker\nat b:5672")


@pytest.fixture
def caster() -> RpcCaster:
    transport = rpc.create_transport(rpc.get_default_conf(), "fake://", "nova")
    return RpcCaster(UnreachableBroker(transport._driver))  # noqa: SLF001 - it has no public name


def test_a_snapshot_that_cannot_be_cast_raises_broker_unavailable(caster: RpcCaster) -> None:
    with pytest.raises(BrokerUnavailable, match=r"^no broker at b:5672$"):
        caster.cast_snapshot(NetworkGone("net", "node1", 1))


def test_ranges_that_cannot_be_cast_raise_broker_unavailable(caster: RpcCaster) -> None:
    with pytest.raises(BrokerUnavailable, match=r"^no broker at b:5672$"):
        caster.cast_ranges(FixedRanges(1, ()))
