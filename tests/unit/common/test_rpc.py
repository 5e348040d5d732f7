"""Calls that no method can take are refused in one line; errors reach the caller as themselves."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from cloudnet.client import NetworkAPI
from cloudnet.common import rpc
from cloudnet.common.errors import BadRequest, BrokerUnavailable, NoMoreFixedIps
from cloudnet.common.rpc import messaging
from cloudnet.common.rpc_server import LISTEN_SECONDS, Dispatcher


class Echo:
    target = messaging.Target(version="1.3")

    def echo(self, context: Any, word: str, *, twice: bool = False) -> str:
        return word * 2 if twice else word


@pytest.fixture
def client() -> Iterator[Any]:
    transport = rpc.create_transport(rpc.get_default_conf(), "fake://", f"exchange-{uuid.uuid4()}")
    server = rpc.create_server(transport, "echo", "here", [Echo()])
    server.start()
    yield rpc.create_client(transport, "echo", 5)
    server.stop()
    server.wait()


class InnerError(NoMoreFixedIps):
    """A class that only the server has."""


class Full:
    target = messaging.Target(version="1.17")

    def get_floating_ip_pools(self, context: Any) -> Future[Any]:
        """Reply later."""
        future: Future[Any] = Future()

        def complete() -> None:
            if context.get("full"):
                future.set_exception(NoMoreFixedIps("network private is full"))
            else:
                future.set_result(["nova"])

        threading.Timer(0.1, complete).start()
        return future

    def get_all_networks(self, context: Any) -> None:
        raise NoMoreFixedIps("network private is full")

    def get_network(self, context: Any, network_uuid: str) -> None:
        raise InnerError("network private is full")


def test_an_error_reaches_the_caller_as_its_own_class_in_one_line() -> None:
    url = "kombu+memory://"  # it encodes messages, which fake:// does not
    transport = rpc.create_transport(rpc.get_default_conf(), url, "nova")
    server = rpc.create_server(transport, "network", "here", [Full()])
    server.start()
    api = NetworkAPI(url, timeout_seconds=5)

    with pytest.raises(NoMoreFixedIps) as refused:
        api.get_all_networks({})
    with pytest.raises(NoMoreFixedIps) as inner:
        api.get_network({}, "uuid")

    assert str(refused.value) == "network private is full"
    assert str(inner.value) == "network private is full"  # as the nearest class that callers know
    api.close()
    server.stop()
    server.wait()


def test_a_method_may_reply_later_with_a_result_or_an_error() -> None:
    url = "kombu+memory://"
    transport = rpc.create_transport(rpc.get_default_conf(), url, "later")
    server = rpc.create_server(transport, "network", "here", [Full()])
    server.start()
    client = rpc.create_client(transport, "network", 5)

    assert client.call({}, "get_floating_ip_pools") == ["nova"]
    with pytest.raises(messaging.RemoteError, match="network private is full"):
        client.call({"full": True}, "get_floating_ip_pools")

    server.stop()
    server.wait()


def test_a_call_without_a_broker_is_refused_at_once() -> None:
    api = NetworkAPI("rabbit://guest:guest@127.0.0.1:1/", timeout_seconds=5)

    with pytest.raises(BrokerUnavailable, match=r"no broker answers at 127\.0\.0\.1:1: "):
        api.get_all_networks({})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1:5672", "127.0.0.1:5672"),
        ("", ""),
        ("rabbit://", "rabbit://"),
        ("u:geheim@b:5672", "***@b:5672"),
        ("u:geheim", "u:***"),
        ("amqps://u:geheim@b/", "amqps://u:***@b/"),
        ("rabbit://u:geheim@b:port/", "rabbit://u:***@b:port/"),
    ],
)
def test_a_transport_url_that_is_none_is_refused_without_its_password(url: str, shown: str) -> None:
    with pytest.raises(BadRequest) as refused:
        NetworkAPI(url)

    assert str(refused.value) == (
        f"transport URL '{shown}': a URL such as rabbit://user:PASSWORD@172.16.99.1:5672/ is needed"
    )


def test_a_valid_call_gets_its_reply(client: Any) -> None:
    assert client.call({}, "echo", word="a", twice=True) == "aa"


def test_an_idle_server_looks_often_whether_it_has_to_stop() -> None:
    transport = rpc.create_transport(rpc.get_default_conf(), "fake://", "idle")
    server = rpc.create_server(transport, "echo", "here", [Echo()])

    server.start()

    assert server.listener.batch_timeout == LISTEN_SECONDS
    server.stop()
    server.wait()


WRONG = [
    ("1.0", "shout", {"word": "a"}, "does not support RPC method shout"),
    ("1.0", "_echo", {"word": "a"}, "does not support RPC method _echo"),
    ("2.0", "echo", {"word": "a"}, "does not support RPC version 2.0"),
    ("1.4", "echo", {"word": "a"}, "does not support RPC version 1.4"),
    ("1.0", "echo", {}, "echo: missing a required argument: 'word'"),
    ("1.0", "echo", {"word": "a", "loud": 1}, "echo: got an unexpected keyword argument"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong[3])
def test_a_wrong_call_is_refused_in_one_line_and_the_next_call_gets_its_reply(
    client: Any, caplog: pytest.LogCaptureFixture, wrong: tuple[str, str, dict[str, Any], str]
) -> None:
    version, method, arguments, reason = wrong

    with pytest.raises(Exception, match=reason):
        client.prepare(version=version).call({}, method, **arguments)

    assert client.call({}, "echo", word="a") == "a"
    [line] = [record for record in caplog.records if record.levelno > logging.INFO]
    assert reason in line.getMessage()
    assert line.exc_info is None


@pytest.mark.parametrize(
    "message",
    [{}, {"method": ["x"]}, {"method": "echo", "version": "abc"}, {"method": "echo", "version": 7}],
)
def test_a_message_that_no_client_sends_is_refused_as_well(message: dict[str, Any]) -> None:
    dispatcher = Dispatcher([Echo()], None, messaging.DefaultRPCAccessPolicy)

    with pytest.raises(messaging.ExpectedException):
        dispatcher.dispatch(SimpleNamespace(message=message, ctxt={}, client_timeout=None))
