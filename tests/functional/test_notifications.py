"""Notifications through RabbitMQ: a subscriber gets them, and without a broker no caller waits."""

from __future__ import annotations

import logging
import socket
from typing import Any

import pytest
from oslo_config import cfg

from cloudnet.common import rpc
from cloudnet.common.rpc import messaging
from cloudnet.controller.model.changes import Change
from cloudnet.controller.notify.announcer import Announcer
from cloudnet.controller.notify.rpc_emitter import RpcEmitter
from tests.fixtures.servers.rabbitmq import RabbitMQ
from tests.fixtures.waiting import wait_for

ALLOCATED = Change(
    "network.floating_ip.allocate", {"project_id": "a", "floating_ip": "203.0.113.9"}
)


def make_conf() -> cfg.ConfigOpts:
    conf = rpc.get_default_conf()
    conf.set_override("driver", ["messagingv2"], group="oslo_messaging_notifications")
    return conf


def make_announcer(url: str) -> Announcer:
    notifier = rpc.create_notifier(make_conf(), url, "network.node1")
    assert notifier is not None
    return Announcer(RpcEmitter(notifier))


def test_a_subscriber_gets_what_was_announced(broker: RabbitMQ) -> None:
    received: list[tuple[Any, ...]] = []

    class Subscriber:
        def info(self, *message: Any) -> None:
            received.append(message[1:4])

    transport = messaging.get_notification_transport(make_conf(), url=broker.transport_url)
    listener = messaging.get_notification_listener(
        transport, [messaging.Target(topic="notifications")], [Subscriber()], executor="threading"
    )
    listener.start()
    announcer = make_announcer(broker.transport_url)

    announcer.announce([ALLOCATED])

    wait_for(lambda: received, "the notification", 30)
    announcer.close()
    listener.stop()
    listener.wait()
    assert received == [("network.node1", "network.floating_ip.allocate", ALLOCATED.payload)]


def test_without_a_broker_a_notification_is_lost_and_its_caller_does_not_wait(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "cloudnet")
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    announcer = make_announcer(f"rabbit://guest:guest@127.0.0.1:{port}/")

    announcer.announce([ALLOCATED])
    before = caplog.text

    wait_for(lambda: "cannot send notifications: " in caplog.text, "the line of the outage", 60)
    announcer.close()
    assert not before  # the caller went on before the attempt to connect had failed
