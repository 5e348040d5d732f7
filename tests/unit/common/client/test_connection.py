"""A call ends in time and by one of the client's own errors, whatever is missing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from cloudnet.client import BadRequest, CloudnetError, NetworkAPI, NoReply, ServiceFailed
from cloudnet.common import rpc
from cloudnet.common.rpc import messaging

URL = "kombu+memory://"  # it encodes messages, which fake:// does not


class Endpoint:
    target = messaging.Target(version="1.17")

    def get_all_networks(self, context: Any) -> Any:
        return [context["timeout_seconds"]]


@pytest.fixture(scope="module")
def exchange() -> Iterator[str]:
    transport = rpc.create_transport(rpc.get_default_conf(), URL, "one-method")
    server = rpc.create_server(transport, "network", "here", [Endpoint()])
    server.start()
    yield "one-method"
    server.stop()
    server.wait()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_one_time_limit_covers_connecting_too(silent_port: int) -> None:
    api = NetworkAPI(f"rabbit://guest:guest@127.0.0.1:{silent_port}/", timeout_seconds=0.5)

    with pytest.raises(NoReply, match=r"get_all_networks: no reply in 0\.5 s"):
        api.get_all_networks({})


def test_a_missing_controller_is_an_error_of_the_clients_and_of_the_queue_library() -> None:
    with (
        NetworkAPI(URL, control_exchange="nobody", timeout_seconds=0.2) as api,
        pytest.raises(NoReply) as raised,
    ):
        api.ping(timeout=60)  # at the most the client's own limit

    assert isinstance(raised.value, CloudnetError)
    assert isinstance(raised.value, messaging.MessagingTimeout)


def test_the_controller_knows_how_long_its_caller_waits(exchange: str) -> None:
    with NetworkAPI(URL, control_exchange=exchange, timeout_seconds=7) as api:
        assert api.get_all_networks({}) == [7]


def test_an_older_controller_is_named_as_the_reason(exchange: str) -> None:
    with (
        NetworkAPI(URL, control_exchange=exchange, timeout_seconds=5) as api,
        pytest.raises(ServiceFailed, match=r"older than its caller.*get_floating_ip_pools"),
    ):
        api.get_floating_ip_pools({})


def test_a_closed_client_refuses_calls_and_can_be_closed_again() -> None:
    api = NetworkAPI(URL, control_exchange="nobody")
    api.close()
    api.close()

    with pytest.raises(BadRequest, match="get_all_networks: this NetworkAPI is closed"):
        api.get_all_networks({})
