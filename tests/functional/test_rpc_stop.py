"""A server that stops beside another one, on a real broker: no call is lost."""

from __future__ import annotations

import threading
from typing import Any

from cloudnet.common import rpc
from cloudnet.common.rpc import messaging
from tests.fixtures.servers.rabbitmq import RabbitMQ

ROUNDS = 4
CALLERS = 4


class Echo:
    target = messaging.Target(version="1.0")

    def echo(self, context: dict[str, Any], word: str) -> str:
        return word


def start(transport: messaging.Transport, name: str) -> messaging.RPCServer:
    server = rpc.create_server(transport, "stop-test", name, [Echo()])
    server.start()
    return server


def test_calls_are_answered_while_servers_of_their_topic_stop(broker: RabbitMQ) -> None:
    transport = rpc.create_transport(rpc.get_default_conf(), broker.transport_url, "stop-test")
    client = rpc.create_client(transport, "stop-test", 10).prepare(version="1.0")
    stop = threading.Event()
    answered, failed = [], []

    def call_again_and_again() -> None:
        while not stop.is_set():
            try:
                answered.append(client.call({}, "echo", word="a"))
            except messaging.MessagingTimeout as error:
                failed.append(error)

    servers = [start(transport, "first")]
    callers = [threading.Thread(target=call_again_and_again) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    for number in range(ROUNDS):
        servers.append(start(transport, f"server{number}"))
        old = servers.pop(0)
        old.stop()
        old.wait()
    stop.set()
    for caller in callers:
        caller.join()
    servers[0].stop()
    servers[0].wait()
    transport.cleanup()

    assert len(answered) > ROUNDS * CALLERS
    assert failed == []
