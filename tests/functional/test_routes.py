"""Calls to named hosts, through a real broker: any controller serves them, for any host."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from cloudnet.common import rpc
from tests.fixtures.servers.rabbitmq import RabbitMQ
from tests.fixtures.waiting import wait_for

TOP = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TOP)}
CONTROLLERS = ("node1", "controller2")


@contextmanager
def run_controller(config: Path, host: str) -> Iterator[subprocess.Popen[bytes]]:
    log = config.with_name(f"{host}.log")
    argv = [sys.executable, "-m", "cloudnet.controller", "--config-file", str(config)]
    extra = config.with_name(f"{host}.conf")
    extra.write_text(f"[DEFAULT]\nhost = {host}\n")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*argv, "--config-file", str(extra)], env=ENVIRONMENT, stderr=output
        )
    try:
        wait_for(lambda: "answering on topics" in log.read_text(), f"controller {host}", timeout=60)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def config(broker: RabbitMQ, tmp_path: Path) -> Path:
    """The configuration of controllers with one empty database."""
    path = tmp_path / "nova.conf"
    path.write_text(
        f"[DEFAULT]\ntransport_url = {broker.transport_url}\nstate_path = {tmp_path}\n"
        "vlan_interface = eth0\nmulti_host = True\n[cloudnet]\nwiring_timeout = 0\n"
    )
    argv = [sys.executable, "-m", "cloudnet.controller.manage", "--config-file", str(path)]
    subprocess.run([*argv, "db", "sync"], env=ENVIRONMENT, check=True, capture_output=True)
    return path


class ComputeService:
    """Calls as nova's client does with its option ``multi_host``."""

    def __init__(self, broker: RabbitMQ) -> None:
        transport = rpc.create_transport(rpc.get_default_conf(), broker.transport_url, "nova")
        self._client = rpc.create_client(transport, rpc.NETWORK_TOPIC, 20)

    def call(self, server: str, method: str, **arguments: Any) -> Any:
        context = {"is_admin": True, "project_id": "a"}
        return self._client.prepare(server=server).call(context, method, **arguments)

    def create_network(self, host: str) -> str:
        """Call what would show if two servers did it."""
        [network] = self.call(host, "create_networks", label="private", cidr="10.0.0.0/8")
        cidr: str = network["cidr"]
        return cidr


def test_a_call_to_a_host_is_served_once_whatever_the_host_is_and_whoever_is_up(
    broker: RabbitMQ, config: Path
) -> None:
    nova = ComputeService(broker)
    with ExitStack() as stack:
        first = stack.enter_context(run_controller(config, CONTROLLERS[0]))
        second = stack.enter_context(run_controller(config, CONTROLLERS[1]))

        # One that nobody has heard of, one with dots, and the name of a controller's own host.
        hosts = ("new", "node2.example.net", CONTROLLERS[0])
        created = [nova.create_network(host) for host in hosts]
        first.kill()
        first.wait()
        created += [nova.create_network(host) for host in hosts]
        second.terminate()
        second.wait(timeout=30)
        with run_controller(config, "controller3"):
            created.append(nova.create_network(CONTROLLERS[0]))
            everything = nova.call("new", "get_all_networks")
            named = {"network_id": everything[0]["id"], "teardown": False}
            nova.call("node2.example.net", "rpc_setup_network_on_host", **named)

    assert [network["cidr"] for network in everything] == created
    with sqlite3.connect(config.with_name("cloudnet.sqlite")) as database:
        prepared = list(database.execute("SELECT host FROM prepared_networks"))
    assert prepared == [("node2.example.net",)]  # named by the topic alone
