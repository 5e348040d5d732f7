"""Waiting for hosts goes on while a controller or its database is away, and ends with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from cloudnet.client import DatabaseUnavailable, InstanceNotFound, NetworkAPI, NotWired
from cloudnet.common import rpc
from cloudnet.common.rpc import messaging

URL = "kombu+memory://"  # it encodes messages, which fake:// does not
WIRED = [{"active": True, "network": {"label": "private"}}]
UNWIRED = [{"active": False, "network": {"label": "private"}}]
DATABASE_AWAY = DatabaseUnavailable("the database does not answer")


class Script:
    """A controller that replies as the test says; the last reply is repeated."""

    target = messaging.Target(version="1.17")

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self.reasons: list[str] = []

    def get_instance_nw_info(self, context: Any, instance_id: str) -> Any:
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def explain_unwired(self, context: Any, instance_id: str) -> list[str]:
        return self.reasons


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()
    transport = rpc.create_transport(rpc.get_default_conf(), URL, "wiring")
    server = rpc.create_server(transport, "network", "here", [script])
    server.start()
    yield script
    server.stop()
    server.wait()


@pytest.fixture
def api(script: Script) -> Iterator[NetworkAPI]:
    with NetworkAPI(URL, control_exchange="wiring") as opened:
        yield opened


def test_a_database_that_is_away_and_a_lost_reply_do_not_end_the_wait(
    script: Script, api: NetworkAPI
) -> None:
    never: Future[Any] = Future()  # as of a controller that was killed
    script.replies = [DATABASE_AWAY, never, UNWIRED, WIRED]

    assert api.wait_until_wired({}, "uuid", timeout=60) == WIRED


def test_the_reason_is_the_last_error_if_nothing_else_is_known(
    script: Script, api: NetworkAPI
) -> None:
    script.replies = [DATABASE_AWAY]

    with pytest.raises(NotWired, match=r"not wired after 0\.5 s: the database does not answer"):
        api.wait_until_wired({}, "uuid", timeout=0.5)


def test_the_reasons_are_those_of_the_hosts_if_the_controller_has_them(
    script: Script, api: NetworkAPI
) -> None:
    script.replies, script.reasons = [UNWIRED], ["host node1: down", "host node2: down"]

    with pytest.raises(NotWired, match=r"network private .*: host node1: down; host node2: down"):
        api.wait_until_wired({}, "uuid", timeout=0.5)


def test_an_instance_that_is_deleted_meanwhile_ends_the_wait(
    script: Script, api: NetworkAPI
) -> None:
    script.replies = [UNWIRED, InstanceNotFound("instance uuid is unknown")]

    with pytest.raises(InstanceNotFound):
        api.wait_until_wired({}, "uuid", timeout=60)
