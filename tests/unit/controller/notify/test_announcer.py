"""Notifications leave in order, in the library's form, and a broker that is down stops no call."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg

from cloudnet.common import rpc
from cloudnet.common.errors import BrokerUnavailable
from cloudnet.common.request import RPC, Request, serving
from cloudnet.common.rpc import messaging
from cloudnet.common.settings.load import load_controller
from cloudnet.controller.model.changes import Change
from cloudnet.controller.notify.announcer import Announcer
from cloudnet.controller.notify.rpc_emitter import RpcEmitter
from tests.fixtures.waiting import wait_for

FIRST, SECOND = Change("cloudnet.network.create", {"n": 1}), Change("cloudnet.network.delete", {})


class Recording:
    def __init__(self) -> None:
        self.sent: list[tuple[Mapping[str, Any], Change]] = []
        self.is_down = False

    def emit(self, context: Mapping[str, Any], change: Change) -> None:
        if self.is_down:
            raise BrokerUnavailable("connection refused")
        self.sent.append((context, change))


def test_changes_are_sent_in_their_order_with_their_request() -> None:
    emitter = Recording()
    announcer = Announcer(emitter)

    with serving(Request(RPC, "delete_network", "{}", "req-1", "alice", "a")):
        announcer.announce([FIRST, SECOND])
    announcer.announce([FIRST])
    announcer.close()

    asked = {"request_id": "req-1", "user_id": "alice", "project_id": "a"}
    assert emitter.sent == [(asked, FIRST), (asked, SECOND), ({}, FIRST)]


def test_an_outage_is_logged_once_and_loses_what_is_announced_meanwhile(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    emitter = Recording()
    emitter.is_down = True
    announcer = Announcer(emitter)
    announcer.announce([FIRST, SECOND])
    line = "cannot send notifications: connection refused"
    wait_for(lambda: line in caplog.text, "the line of the outage", 20, 0.01)
    emitter.is_down = False

    announcer.announce([SECOND])
    announcer.close()

    assert emitter.sent == [({}, SECOND)]
    assert caplog.messages == [
        "cannot send notifications: connection refused; they are lost",
        "cannot send notifications: resolved",
    ]


def make_conf(*drivers: str) -> cfg.ConfigOpts:
    conf = rpc.get_default_conf()
    conf.set_override("driver", list(drivers), group="oslo_messaging_notifications")
    return conf


def test_without_a_driver_there_are_no_notifications() -> None:
    assert rpc.create_notifier(make_conf(), "fake://", "network.node1") is None
    assert rpc.create_notifier(make_conf("noop"), "fake://", "network.node1") is None


@pytest.mark.parametrize(
    ("text", "driver", "topics"),
    [
        ("[oslo_messaging_notifications]\ndriver = messagingv2", "messagingv2", "notifications"),
        ("notification_driver = messaging\nnotification_topics = a,b", "messaging", "a b"),
        (
            "notification_driver = nova.openstack.common.notifier.rpc_notifier",
            "messaging",
            "notifications",
        ),
    ],
)
def test_the_driver_is_configured_as_for_nova(
    tmp_path: Path, text: str, driver: str, topics: str
) -> None:
    file = tmp_path / "nova.conf"
    file.write_text(f"{text}\n")
    conf, _ = load_controller(["--config-file", str(file)], "cloudnet-controller")

    assert rpc.create_notifier(conf, "fake://", "network.node1") is not None

    configured = conf.oslo_messaging_notifications
    assert (configured.driver, configured.topics) == ([driver], topics.split())


def test_a_listener_gets_the_event_type_the_publisher_and_the_payload() -> None:
    conf, received, arrived = make_conf("messagingv2"), [], threading.Event()

    class Endpoint:
        def info(self, *message: Any) -> None:
            received.append(message[:4])
            arrived.set()

    url = "kombu+memory://"
    transport = messaging.get_notification_transport(conf, url=url)
    listener = messaging.get_notification_listener(
        transport, [messaging.Target(topic="notifications")], [Endpoint()], executor="threading"
    )
    listener.start()
    notifier = rpc.create_notifier(conf, url, "network.node1")
    assert notifier is not None

    RpcEmitter(notifier).emit({"request_id": "req-1"}, FIRST)

    assert arrived.wait(20)
    listener.stop()
    listener.wait()
    [(context, *message)] = received
    assert context["request_id"] == "req-1"
    assert message == ["network.node1", "cloudnet.network.create", {"n": 1}]
