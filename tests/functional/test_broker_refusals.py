"""A real broker that refuses, or callers that have gone: programs say so and go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import kombu
import pytest

from cloudnet.common.client import NetworkAPI
from cloudnet.common.errors import BrokerUnavailable
from cloudnet.common.rpc import messaging
from tests.fixtures.servers.rabbitmq import RabbitMQ
from tests.fixtures.waiting import wait_for

TOP = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TOP)}
ADMIN = {"is_admin": True}


def write_config(path: Path, broker: RabbitMQ, *lines: str) -> Path:
    config = path / "nova.conf"
    state = path / "state"
    common = [f"transport_url = {broker.transport_url}", f"state_path = {state}", "host = node1"]
    config.write_text("\n".join((*common, *lines)) + "\n")
    return config


def manage(config: Path, *words: str) -> str:
    argv = [sys.executable, "-m", "cloudnet.controller.manage", "--config-file", str(config)]
    done = subprocess.run(
        [*argv, *words], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return done.stdout


def allocate(config: Path) -> subprocess.CompletedProcess[str]:
    """Allocate an instance's addresses by a command, which notifies the instance's host."""
    argv = [sys.executable, "-m", "cloudnet.controller.manage", "--config-file", str(config)]
    words = ["instance", "allocate", str(uuid4()), "--project-id", "a", "--host", "node1"]
    return subprocess.run(
        [*argv, *words], env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def run(program: str, config: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    argv = [sys.executable, "-m", program, "--config-file", str(config)]
    with log.open("wb") as output, subprocess.Popen(argv, env=ENVIRONMENT, stderr=output) as one:
        try:
            yield one
        finally:
            one.terminate()


def connect(broker: RabbitMQ, virtual_host: str = "/") -> kombu.Connection:
    return kombu.Connection(
        hostname=broker.address,
        port=broker.port,
        userid=broker.user,
        password=broker.password,
        virtual_host=virtual_host,
    )


@pytest.fixture
def durable_exchange(broker: RabbitMQ) -> Iterator[str]:
    """An exchange that another program has declared with other properties."""
    name = f"durable-{uuid4()}"
    with connect(broker) as connection:
        exchange = kombu.Exchange(name, type="topic", durable=True, auto_delete=False)
        bound = exchange(connection.channel())
        bound.declare()
        yield name
        bound.delete()


def test_a_controller_that_may_not_listen_ends_with_one_line(
    broker: RabbitMQ, durable_exchange: str, tmp_path: Path
) -> None:
    config = write_config(tmp_path, broker, f"control_exchange = {durable_exchange}")
    manage(config, "db", "sync")

    argv = [sys.executable, "-m", "cloudnet.controller", "--config-file", str(config)]
    done = subprocess.run(
        argv, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 1
    [line] = [each for each in done.stderr.splitlines() if " INFO " not in each]
    assert "cannot receive calls on topic network" in line
    assert "set [oslo_messaging_rabbit] amqp_durable_queues" in line
    assert manage(config, "host", "list", "-f", "json").strip() == "[]"  # it never was up


def test_an_agent_that_may_not_report_names_the_option_once_and_goes_on_trying(
    broker: RabbitMQ, durable_exchange: str, tmp_path: Path
) -> None:
    config = write_config(tmp_path, broker, f"control_exchange = {durable_exchange}")
    log = tmp_path / "agent.log"

    with run("cloudnet.agent", config, log):
        wait_for(lambda: "amqp_durable_queues" in log.read_text(), "its warning", timeout=60)
        time.sleep(4)  # some more attempts

    text = log.read_text()
    assert text.count("cannot reach the controller") == 1
    assert "Traceback" not in text


@pytest.fixture
def exclusive_queue(broker: RabbitMQ) -> Iterator[str]:
    """An exchange whose queue `network` another connection has for itself."""
    broker.control("add_vhost", "apart")
    broker.control("set_permissions", "-p", "apart", broker.user, ".*", ".*", ".*")
    with connect(broker, "apart") as connection:
        kombu.Queue("network", exclusive=True, channel=connection.channel()).declare()
        yield f"{broker.transport_url}apart"
    broker.control("delete_vhost", "apart")


def test_a_controller_whose_queue_is_held_names_that_once_and_ends_at_a_signal(
    broker: RabbitMQ, exclusive_queue: str, tmp_path: Path
) -> None:
    config = write_config(tmp_path, broker, f"transport_url = {exclusive_queue}")
    manage(config, "db", "sync")
    log = tmp_path / "controller.log"

    with run("cloudnet.controller", config, log) as controller:
        wait_for(lambda: "RESOURCE_LOCKED" in log.read_text(), "its warning", timeout=60)
        controller.terminate()
        status = controller.wait(20)

    assert status == 0
    [line] = [each for each in log.read_text().splitlines() if " INFO " not in each]
    assert "cannot receive calls on topic network" in line
    assert "end the program that has a queue of this name for itself" in line


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("[oslo_messaging_rabbit]\nheartbeat_rate = 0", "float division by zero"),
        ("[oslo_messaging_rabbit]\nuse_queue_manager = true", "value required for option"),
        (
            "[oslo_messaging_notifications]\ndriver = messagingv2\ntransport_url = nowhere://",
            'transport driver "nowhere"',
        ),
    ],
)
def test_an_option_that_the_queue_library_cannot_work_with_is_one_line(
    broker: RabbitMQ, tmp_path: Path, lines: str, reason: str
) -> None:
    config = write_config(tmp_path, broker, lines)
    manage(config, "db", "sync")

    argv = [sys.executable, "-m", "cloudnet.controller", "--config-file", str(config)]
    done = subprocess.run(
        argv, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False
    )

    refusals = [each for each in done.stderr.splitlines() if each.startswith("cloudnet-")]
    assert (done.returncode, len(refusals)) == (1, 1)
    assert reason in refusals[0]
    assert "Traceback" not in done.stderr


def test_calls_whose_callers_have_gone_do_not_stop_a_controller(
    broker: RabbitMQ, tmp_path: Path
) -> None:
    config = write_config(tmp_path, broker)
    manage(config, "db", "sync")
    log = tmp_path / "controller.log"

    with run("cloudnet.controller", config, log):
        wait_for(lambda: "answering on topics" in log.read_text(), "the controller", timeout=60)
        with connect(broker) as connection:
            send_calls_without_a_caller(connection, 40)
        api = NetworkAPI(broker.transport_url, timeout_seconds=15)
        networks = api.get_all_networks(ADMIN)
        api.close()

    assert networks == []


def send_calls_without_a_caller(connection: kombu.Connection, count: int) -> None:
    """Send calls as oslo.messaging does, with a queue for the replies that does not exist."""
    producer = connection.Producer()
    for number in range(count):
        message = {
            "method": "get_all_networks",
            "args": {},
            "version": "1.0",
            "_context_is_admin": True,
            "_msg_id": uuid4().hex,
            "_reply_q": f"reply_{uuid4().hex}",
            "_unique_id": f"{number}-{uuid4().hex}",
            "_timeout": None,
        }
        producer.publish(
            {"oslo.version": "2.0", "oslo.message": json.dumps(message)},
            exchange="nova",
            routing_key="network",
            serializer="json",
        )


@pytest.fixture
def changed_password(broker: RabbitMQ) -> Iterator[None]:
    """A broker whose password is another one than the programs have."""
    broker.control("change_password", broker.user, "another")
    yield
    broker.control("change_password", broker.user, broker.password)


WRONG_PASSWORD = "refuses user 'cloudnet' (wrong user name or password); correct the transport URL"


def test_a_wrong_password_is_named_by_every_program_and_may_be_corrected_on_the_broker(
    broker: RabbitMQ, changed_password: None, tmp_path: Path
) -> None:
    config = write_config(tmp_path, broker, "fixed_range = 10.0.0.0/24", "vlan_interface = eth0")
    manage(config, "db", "sync")
    manage(config, "network", "create", "--label", "first")
    logs = {name: tmp_path / f"{name}.log" for name in ("controller", "agent")}
    api = NetworkAPI(broker.transport_url, timeout_seconds=15)

    with (
        run("cloudnet.controller", config, logs["controller"]),
        run("cloudnet.agent", config, logs["agent"]),
    ):
        for log in logs.values():
            wait_for_lines(log, WRONG_PASSWORD, 1)
        with pytest.raises(BrokerUnavailable) as refused:
            api.get_all_networks(ADMIN)
        done = allocate(config)
        broker.control("change_password", broker.user, broker.password)
        for log in logs.values():
            wait_for_lines(log, "cannot use the broker: resolved", 1)

    api.close()
    assert WRONG_PASSWORD in str(refused.value)
    assert done.returncode == 0, done.stderr
    assert (
        f"done, but cannot notify the hosts (the broker at 127.0.0.1:{broker.port} " in done.stderr
    )
    assert WRONG_PASSWORD in done.stderr


@contextmanager
def memory_alarm(broker: RabbitMQ) -> Iterator[None]:
    """A broker that takes connections and no messages."""
    broker.control("set_vm_memory_high_watermark", "0.0000001")
    try:
        yield
    finally:
        broker.control("set_vm_memory_high_watermark", "0.4")


def test_calls_and_commands_end_in_time_while_the_broker_accepts_nothing(
    broker: RabbitMQ, tmp_path: Path
) -> None:
    config = write_config(tmp_path, broker)
    manage(config, "db", "sync")
    manage(
        config,
        "network",
        "create",
        "--label",
        "first",
        "--fixed-range-v4",
        "10.0.0.0/24",
        "--vlan",
        "100",
        "--bridge-interface",
        "eth0",
    )
    api = NetworkAPI(broker.transport_url, timeout_seconds=3)

    with memory_alarm(broker):
        with pytest.raises(messaging.MessagingTimeout):
            api.get_all_networks(ADMIN)
        done = allocate(config)

    api.close()
    assert done.returncode == 0, done.stderr
    assert "the broker has accepted no message" in done.stderr


def test_an_agent_reports_again_after_every_alarm_of_the_broker(
    broker: RabbitMQ, tmp_path: Path
) -> None:
    config = write_config(tmp_path, broker, "report_interval = 1")
    manage(config, "db", "sync")
    log = tmp_path / "agent.log"

    with (
        run("cloudnet.controller", config, tmp_path / "controller.log"),
        run("cloudnet.agent", config, log),
    ):
        for number in range(1, 4):
            with memory_alarm(broker):
                wait_for_lines(log, "cannot reach the controller (", number)
            wait_for_lines(log, "the controller: resolved", number)


def wait_for_lines(log: Path, text: str, count: int) -> None:
    wait_for(
        lambda: log.read_text().count(text) == count, f"{count} lines with {text!r}", timeout=60
    )
