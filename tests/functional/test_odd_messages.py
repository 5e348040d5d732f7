"""Whatever somebody writes into an agent's queue, the next snapshot is taken.

A real broker, because the messages must pass the library's own decoding, too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from amqp.basic_message import Message
from kombu import Connection

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.endpoint import AgentEndpoint
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common import rpc
from cloudnet.common.wire.codec import to_wire
from tests.fixtures.agent.snapshots import network
from tests.fixtures.servers.rabbitmq import RabbitMQ
from tests.fixtures.waiting import wait_for

PORT = 25673
LONGEST_LINE = 500
HOST = "node1"
QUEUE = f"{rpc.AGENT_TOPIC}.{HOST}"


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def cast(snapshot: str, **more: Any) -> bytes:
    """Return a cast as the library encodes it, around any JSON."""
    message = {"method": "apply_snapshot", "version": rpc.AGENT_VERSION, "namespace": None, **more}
    inner = json.dumps(message | {"args": {"snapshot": "HERE"}}).replace('"HERE"', snapshot)
    return json.dumps({"oslo.version": "2.0", "oslo.message": inner}).encode()


def with_value(field: str, value: str) -> bytes:
    """Return a cast of a snapshot with any JSON in one field."""
    plain = json.dumps(to_wire(network()) | {field: "HERE"})
    return cast(plain.replace('"HERE"', value))


BODIES = [
    b"",
    b"\xff\xfe",
    b"5",
    b'[["a", "b"]]',
    b"[" * 200_000,
    nested(900).encode(),
    b'{"oslo.version": "2.0", "oslo.message": 5}',
    b'{"oslo.version": [], "oslo.message": "{}"}',
    json.dumps({"oslo.version": "2.0", "oslo.message": "[" * 200_000}).encode(),
    cast("[" * 200_000),
    cast(nested(100)),
    cast(nested(900)),
    cast("null"),
    cast("{}", method=5),
    cast("{}", method="__init__"),
    cast("{}", version=[1]),
    cast("{}", _timeout="soon", _msg_id=7),
    cast("{}", _unique_id=[[]]),
    cast("{}", _context_request_id={"a": []}),
    *(
        with_value(field, value)
        for field in ("label", "revision", "vifs", "origin", "network")
        for value in (nested(200), "1e999", "NaN", "9" * 4000, "9" * 5000, r'"\udcff\u0000"')
    ),
    cast('{"type": "NetworkGone", "type": "NetworkSnapshot", "host": 1, "host": 2}'),
]
CONTENT_TYPES = ["application/json", "application/x-python-serialize", "text/plain", ""]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RabbitMQ]:
    with RabbitMQ(tmp_path / "rabbitmq", port=PORT) as started:
        yield started


def test_a_snapshot_is_taken_after_messages_of_any_kind(
    broker: RabbitMQ, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = DesiredStore(HOST, SnapshotCache(tmp_path / "snapshots"))
    url = broker.transport_url
    transport = rpc.create_transport(rpc.get_default_conf(), url, "nova")
    server = rpc.create_server(transport, rpc.AGENT_TOPIC, HOST, [AgentEndpoint(store)])
    assert rpc.ServerStart(server, rpc.AGENT_TOPIC).wait(30)
    try:
        with caplog.at_level(logging.WARNING):
            publish(url)
            client = rpc.create_client(transport, rpc.AGENT_TOPIC).prepare(server=HOST)
            client.cast({}, "apply_snapshot", snapshot=to_wire(network(revision=7)))
            wait_for(lambda: revisions(store) == [7], "the snapshot", 30)

        # Only what the library cannot decode is logged with a stack, by the library.
        with_stack = {each.name for each in caplog.records if each.exc_info}
        assert with_stack == {"oslo.messaging._drivers.impl_rabbit"}
        ours = [each for each in caplog.records if each.name.startswith("cloudnet")]
        assert max(len(each.getMessage()) for each in ours) < LONGEST_LINE
    finally:
        server.stop()
        transport.cleanup()


def revisions(store: DesiredStore) -> list[int]:
    return [each.revision for each in store.desired().snapshots]


def publish(url: str) -> None:
    """Put all messages into the agent's queue."""
    with Connection(url.replace("rabbit://", "amqp://", 1) + "/") as connection:
        channel = connection.channel()
        for body in BODIES:
            for content_type in CONTENT_TYPES:
                message = Message(body, content_type=content_type, content_encoding="utf-8")
                channel.basic_publish(message, exchange="", routing_key=QUEUE)
