"""A real broker shows that its options mean what they meant from Kilo to Rocky."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kombu import Connection
from kombu.exceptions import OperationalError

from tests.fixtures.servers.rabbitmq import RabbitMQ
from tests.fixtures.waiting import wait_for

TOP = Path(__file__).parents[2]
PORT = 25672


@pytest.fixture
def broker(tmp_path: Path) -> RabbitMQ:
    return RabbitMQ(tmp_path / "rabbitmq", port=PORT)


def test_a_controller_connects_as_kilo_did_and_its_queues_are_durable(
    broker: RabbitMQ, tmp_path: Path
) -> None:
    file = tmp_path / "nova.conf"
    file.write_text(
        f"[DEFAULT]\nstate_path = {tmp_path}\nhost = node1\namqp_durable_queues = True\n"
        "[oslo_messaging_rabbit]\nrabbit_host = 127.0.0.1\n"
        f"rabbit_port = {PORT}\nrabbit_userid = {broker.user}\n"
        f"rabbit_password = {broker.password}\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(TOP)}
    words = ["--config-file", str(file)]
    subprocess.run(
        [sys.executable, "-m", "cloudnet.controller.manage", *words, "db", "sync"],
        env=environment,
        check=True,
    )

    with broker, (tmp_path / "log").open("wb") as log:
        controller = subprocess.Popen(
            [sys.executable, "-m", "cloudnet.controller", *words], env=environment, stderr=log
        )
        try:
            wait_for(lambda: is_durable(broker, "network"), "a durable queue", 60)
        finally:
            controller.terminate()
            controller.wait(timeout=30)


def is_durable(broker: RabbitMQ, queue: str) -> bool:
    """Return whether the queue exists and is durable: the broker refuses another declaration."""
    url = broker.transport_url.replace("rabbit://", "amqp://", 1) + "/"
    with Connection(url, transport_options={"confirm_publish": False}) as connection:
        channel = connection.channel()
        try:
            channel.queue_declare(queue, passive=True)
        except connection.channel_errors:
            return False
        channel = connection.channel()
        try:
            channel.queue_declare(queue, durable=False, auto_delete=False)
        except (*connection.channel_errors, OperationalError) as error:
            return "inequivalent arg 'durable'" in str(error)
        return False
