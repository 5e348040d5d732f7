"""Lease events while the broker does not take them: one line for the outage, and none is lost."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import BRIDGEPROGRAM
from tests.fixtures.busybox import find_busybox
from tests.fixtures.servers.rabbitmq import RabbitMQ
from tests.fixtures.servers.relay import Relay
from tests.fixtures.waiting import wait_for

TOP = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TOP)}
TROUBLE = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL) |^Traceback|^  ", re.MULTILINE)
OTHER_MAC = "fa:16:3e:00:00:99"


@pytest.fixture
def relays(broker: RabbitMQ) -> Iterator[tuple[Relay, Relay]]:
    """The ways of a controller and of an agent to the broker."""
    made = Relay(broker.address, broker.port), Relay(broker.address, broker.port)
    yield made
    for each in made:
        each.close()


@dataclass
class Site:
    """A controller and an agent on one host, each with a way of its own to the broker."""

    host: Host
    to_broker: Relay  # the agent's
    configs: tuple[Path, Path]  # the controller's, the agent's

    @property
    def socket(self) -> Path:
        return self.host.state_path / "agent" / "agent.sock"

    @property
    def log(self) -> Path:
        return self.host.state_path / "agent.log"

    def manage(self, *words: str) -> str:
        argv = [sys.executable, "-m", "cloudnet.controller.manage"]
        done = subprocess.run(
            [*argv, "--config-file", str(self.configs[0]), *words],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    @contextmanager
    def agent(self) -> Iterator[None]:
        self.log.unlink(missing_ok=True)
        with run("cloudnet.agent", self.configs[1], self.log):
            wait_for(self.socket.exists, "the agent", 60)
            yield

    def is_leased(self) -> bool:
        rows = json.loads(self.manage("fixed", "list", "-f", "json"))
        return any(row["leased"] for row in rows)

    def send_event(self, action: str, address: str) -> None:
        """Send a lease event as dnsmasq does, of a guest that the controller does not know."""
        subprocess.run(
            [BRIDGEPROGRAM, action, OTHER_MAC, address, "vm"],
            env={"CLOUDNET_SOCKET": str(self.socket), "CLOUDNET_NETWORK": "net"},
            check=True,
        )

    def list_trouble(self) -> list[str]:
        """Return the log's warnings, errors and lines of stacks."""
        return [line for line in self.log.read_text().splitlines() if TROUBLE.match(line)]


@contextmanager
def run(program: str, config: Path, log: Path) -> Iterator[None]:
    argv = [sys.executable, "-m", program, "--config-file", str(config)]
    with log.open("wb") as output, subprocess.Popen(argv, env=ENVIRONMENT, stderr=output) as one:
        try:
            yield
        finally:
            one.terminate()


def write_config(host: Host, name: str, url: str) -> Path:
    config = host.state_path / f"{name}.conf"
    config.write_text(
        f"transport_url = {url}\n"
        f"state_path = {host.state_path}/{name}\n"
        f"networks_path = {host.networks_path}\n"
        f"dhcpbridge = {BRIDGEPROGRAM}\n"
        "host = node1\nnetwork_host = node1\nmy_ip = 127.0.0.1\npublic_interface =\n"
        "network_manager = nova.network.manager.FlatDHCPManager\nflat_network_bridge = br100\n"
        "report_interval = 1\n"
    )
    return config


@pytest.fixture
def site(broker: RabbitMQ, relays: tuple[Relay, Relay], host: Host) -> Iterator[Site]:
    to_controller, to_agent = relays
    urls = [broker.transport_url.replace(str(broker.port), str(each.port)) for each in relays]
    configs = write_config(host, "controller", urls[0]), write_config(host, "agent", urls[1])
    made = Site(host, to_agent, configs)
    made.manage("db", "sync")
    with to_controller.opened():
        yield made


def test_a_lease_of_an_agent_that_was_started_without_a_broker_reaches_the_controller(
    site: Site,
) -> None:
    site.manage("network", "create", "--label", "private", "--fixed-range-v4", "10.0.0.0/24")
    guest = str(uuid4())
    site.manage("instance", "allocate", guest, "--project-id", "a", "--host", "node1")
    [row] = [
        each
        for each in json.loads(site.manage("fixed", "list", "-f", "json"))
        if each["instance_uuid"] == guest
    ]
    with run("cloudnet.controller", site.configs[0], site.host.state_path / "controller.log"):
        with site.to_broker.opened(), site.agent():
            wait_for(lambda: site.host.dnsmasq_pids() != [], "dnsmasq", 60)
        with site.agent():
            site.host.sh(
                f"ip link add eth7 address {row['mac']} type veth peer name tap7;"
                "ip link set tap7 master br100 up; ip link set eth7 up;"
                f"{find_busybox()} udhcpc -i eth7 -n -q -s /bin/true -t 10 -T 1 2>&1"
            )
            for number in range(3):
                site.send_event("add", f"10.0.0.{200 + number}")
            [line] = site.list_trouble()
            assert "cannot use the broker" in line
            assert not site.is_leased()

            with site.to_broker.opened():
                wait_for(site.is_leased, "the lease in the database", 60)
                assert site.list_trouble() == [line]


def test_events_while_the_broker_dies_are_one_line(site: Site) -> None:
    controller_log = site.host.state_path / "controller.log"
    with run("cloudnet.controller", site.configs[0], controller_log), site.agent():
        with site.to_broker.opened():
            wait_for(lambda: "node1" in site.manage("host", "list"), "a report", 60)
            site.send_event("add", "10.0.0.200")
        for number in range(4):
            site.send_event("del", f"10.0.0.{200 + number}")
        wait_for(lambda: "cannot reach the controller (" in site.log.read_text(), "the outage", 60)
        with site.to_broker.opened():
            wait_for(lambda: "controller: resolved" in site.log.read_text(), "its end", 60)

    text = site.log.read_text()
    assert "Traceback" not in text
    assert "bug in cloudnet" not in text
    assert text.count("cannot reach the controller (") == 1


def test_events_of_an_agent_whose_password_is_wrong_are_one_line(site: Site) -> None:
    config = site.configs[1]
    config.write_text(config.read_text().replace("cloudnet:cloudnet@", "cloudnet:geheim@"))

    with site.to_broker.opened(), site.agent():
        wait_for(lambda: "refuses user" in site.log.read_text(), "the refusal", 60)
        for number in range(3):
            site.send_event("add", f"10.0.0.{200 + number}")
        time.sleep(4)  # attempts to send would fail a second after each other

    [line] = site.list_trouble()
    assert "cannot use the broker" in line
    assert "geheim" not in line
