"""Threads and forked processes share a client of a real broker; each call gets its own reply."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cloudnet.client import BrokerUnavailable, NetworkAPI
from cloudnet.common import rpc
from cloudnet.common.rpc import messaging
from tests.fixtures.servers.rabbitmq import RabbitMQ

TOP = Path(__file__).parents[2]

FORKING = """
import os, sys, time
from threading import Thread
from cloudnet.client import NetworkAPI

url, exchange = sys.argv[1:]
api = NetworkAPI(url, control_exchange=exchange, timeout_seconds=20)

def call(name, times=20):
    for number in range(times):
        word = f"{name}-{number}"
        assert api.get_all_networks({"request_id": word}) == [word], word

call("before")  # the parent is connected
time.sleep(0.5)  # no call is in progress, and the library's own threads wait
children = []
for number in range(3):
    child = os.fork()
    if not child:
        call(f"child{number}")
        sys.exit(0)  # the interpreter ends as usual, and with it what it has of its parent
    children.append(child)
threads = [Thread(target=call, args=(f"thread{n}",)) for n in range(3)]
for thread in threads: thread.start()
for child in children:
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
for thread in threads: thread.join()
call("after")
api.close()
print("done")
"""


PAGE = TOP / "docs" / "developers" / "compute-service.md"


class Echo:
    target = messaging.Target(version=rpc.NETWORK_VERSION)

    def get_all_networks(self, context: Any) -> list[str]:
        return [context["request_id"]]


@pytest.fixture
def exchange(broker: RabbitMQ) -> Iterator[str]:
    name = f"echo-{uuid4()}"
    transport = rpc.create_transport(rpc.get_default_conf(), broker.transport_url, name)
    server = rpc.create_server(transport, rpc.NETWORK_TOPIC, "here", [Echo()])
    server.start()
    yield name
    server.stop()
    server.wait()
    transport.cleanup()


def test_each_of_many_threads_gets_its_own_replies(broker: RabbitMQ, exchange: str) -> None:
    words = [f"request-{number}" for number in range(200)]

    with (
        NetworkAPI(broker.transport_url, control_exchange=exchange) as api,
        ThreadPoolExecutor(16) as threads,
    ):
        replies = list(threads.map(lambda word: api.get_all_networks({"request_id": word}), words))

    assert replies == [[word] for word in words]


def test_a_process_that_forks_and_its_children_get_their_own_replies(
    broker: RabbitMQ, exchange: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING, broker.transport_url, exchange],
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout == "done\n"


@pytest.fixture
def user_url(broker: RabbitMQ) -> Iterator[str]:
    """The URL of a user of the broker who has no rights yet."""
    broker.control("add_user", "compute", "secret")
    yield broker.transport_url.replace(f"{broker.user}:{broker.password}@", "compute:secret@")
    broker.control("delete_user", "compute")


def test_a_compute_service_has_enough_with_the_rights_in_the_documents(
    broker: RabbitMQ, user_url: str
) -> None:
    [rights] = re.findall(r"set_permissions compute '(.*)' '(.*)' '(.*)'", PAGE.read_text())
    transport = rpc.create_transport(rpc.get_default_conf(), broker.transport_url, "nova")
    server = rpc.create_server(transport, rpc.NETWORK_TOPIC, "here", [Echo()])
    server.start()

    with NetworkAPI(user_url) as api:
        with pytest.raises(BrokerUnavailable, match="no permission for virtual host '/'"):
            api.get_all_networks({"request_id": "1"})
        broker.control("set_permissions", "compute", "^$", "^$", "^$")
        with pytest.raises(BrokerUnavailable, match="give this user the permission"):
            api.get_all_networks({"request_id": "2"})
        broker.control("set_permissions", "compute", *rights)
        assert api.get_all_networks({"request_id": "3"}) == ["3"]

    server.stop()
    server.wait()
    transport.cleanup()
