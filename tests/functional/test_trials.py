"""A network that cuts the host off from its broker is taken back; a broker's outage takes nothing.

The broker is behind a router, so that nothing but the loss shows which network leads to it.
"""

import threading
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

import pytest

from cloudnet.agent.drivers.broker_path import BrokerPath
from cloudnet.agent.main import Agent as MainAgent
from cloudnet.agent.node.trials import PROBES, RETURN_SECONDS, TRIAL_SECONDS, Trials
from cloudnet.agent.snapshot_cache import TrialFile
from cloudnet.common import rpc
from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.common.rpc import messaging
from cloudnet.common.wire.codec import from_wire, to_wire
from cloudnet.common.wire.objects import NetworkSnapshot, Report, ReportReply
from tests.fixtures.agent.host import Host, settings
from tests.fixtures.agent.real_node import RealNode, can_ping, neighbour
from tests.fixtures.agent.serving import network
from tests.fixtures.agent.snapshots import RANGES
from tests.fixtures.waiting import wait_for

SECONDS = 60  # for one change; only a host that is overloaded needs them


def leads_to_broker() -> NetworkSnapshot:
    return replace(
        network(address="10.20.0.1"),
        cidr=IPv4Network("10.20.0.0/24"),
        dhcp_start=IPv4Address("10.20.0.3"),
    )


class Controller:
    """Sends the network that leads to the broker; has no reply while the host has its address."""

    target = messaging.Target(version=rpc.CONTROLLER_VERSION)

    def __init__(self, host: Host) -> None:
        self._host = host
        self.faults = ""

    def report(self, context: dict[str, Any], report: dict[str, Any]) -> Any:
        if "10.20.0.1" in self._host.sh("ip address"):
            raise DatabaseUnavailable("no reply gets through")
        found = from_wire(Report, report)
        self.faults = str(found.faults)
        return to_wire(ReportReply(RANGES, (leads_to_broker(),)))


class Agent:
    """The loop, its trials, and the time."""

    def __init__(self, host: Host) -> None:
        self.now = 0.0
        path = BrokerPath("rabbit://a:b@10.20.0.5:5672/")
        path.remember()
        self.path = path
        file = TrialFile(host.state_path / "trials.json")
        self.trials = Trials(file, lambda: self.now, path.is_open)
        self.node = RealNode.on(host, self.trials)

    def lose_replies(self) -> None:
        self.trials.record_report(replied=False)
        for _ in range(PROBES):
            self.trials.check()
        self.node.reconciler.reconcile()


@pytest.fixture
def router(host: Host) -> Iterator[str]:
    host.nic("eth0")
    with neighbour(host, "eth0", "172.16.99.1/24") as router:
        host.sh(
            f"ip -n {router} address add 10.20.0.5/32 dev lo;"
            "ip address add 172.16.99.108/24 dev eth0; ip route add default via 172.16.99.1"
        )
        yield router


@pytest.fixture
def agent(host: Host, router: str) -> Agent:
    agent = Agent(host)
    agent.node.receive()
    agent.trials.record_report(replied=True)
    assert agent.path.is_open()
    return agent


def test_a_network_that_leads_to_the_broker_is_taken_back_and_not_applied_again(
    host: Host, agent: Agent
) -> None:
    agent.node.receive(leads_to_broker())
    assert not agent.path.is_open([leads_to_broker().cidr])
    agent.lose_replies()

    assert agent.path.is_open()
    assert "br100" not in host.sh("ip link; iptables-legacy-save")
    agent.trials.record_report(replied=True)
    again = agent.node.receive(replace(leads_to_broker(), revision=2))
    restarted = Agent(host).node.reconciler.reconcile()
    for status in (again, restarted):
        assert "taken back: the way to the broker was lost" in status.faults[0].message
        assert status.out_of_sync == {leads_to_broker().network}
    assert "br100" not in host.sh("ip link")


def test_a_report_that_hangs_is_no_sign_of_a_controller(host: Host, agent: Agent) -> None:
    agent.node.receive(leads_to_broker())

    agent.now += TRIAL_SECONDS  # the last reply came before the change
    for _ in range(PROBES):
        agent.trials.check()
    agent.node.reconciler.reconcile()

    assert "br100" not in host.sh("ip link")


def test_a_change_that_cuts_the_host_off_is_replaced_by_what_was_before(
    host: Host, agent: Agent
) -> None:
    good = network(3)
    agent.node.receive(good)
    agent.now += TRIAL_SECONDS
    agent.trials.check()

    agent.node.receive(replace(leads_to_broker(), network=good.network, revision=2))
    agent.lose_replies()

    assert "10.0.0.1/22" in host.sh("ip address show dev br100")
    assert "10.20.0.1" not in host.sh("ip address")


def test_an_outage_of_the_broker_alone_takes_nothing_back(
    host: Host, agent: Agent, router: str
) -> None:
    agent.node.receive(network(3))  # the broker's host answers that nothing listens there

    agent.lose_replies()
    assert can_ping(router, "172.16.99.108")
    agent.now += TRIAL_SECONDS
    agent.trials.check()
    host.sh("ip link set eth0 down")
    agent.lose_replies()

    assert "10.0.0.1/22" in host.sh("ip address show dev br100")


def test_a_network_is_applied_again_if_the_controller_stayed_away_without_it(
    host: Host, agent: Agent
) -> None:
    agent.node.receive(network(3))
    host.sh("ip link set eth0 down")  # by chance, in the first half minute
    agent.lose_replies()
    assert "br100" not in host.sh("ip link")

    agent.now += RETURN_SECONDS + 1
    host.sh("ip link set eth0 up")
    agent.trials.record_report(replied=True)
    status = agent.node.reconciler.reconcile()

    assert status.faults == ()
    assert "10.0.0.1/22" in host.sh("ip address show dev br100")


def test_the_agent_takes_back_by_itself_what_ends_the_replies(host: Host, router: str) -> None:
    """The queue is in memory: the controller ends its replies where a broker's would be lost."""
    transport = rpc.create_transport(rpc.get_default_conf(), "fake:", "nova")
    controller = Controller(host)
    server = rpc.create_server(transport, rpc.CONTROLLER_TOPIC, "controller", [controller])
    server.start()
    in_memory = replace(settings(host.state_path).rpc, transport_url="fake:")
    main = MainAgent(
        rpc.get_default_conf(),
        settings(host.state_path, rpc=in_memory, report_interval_seconds=1),
        BrokerPath("rabbit://a:b@10.20.0.5:5672/"),
    )
    thread = threading.Thread(target=main.run)
    thread.start()
    try:
        wait_for(lambda: "10.20.0.1" in host.sh("ip address"), "the address", SECONDS)
        wait_for(lambda: "10.20.0.1" not in host.sh("ip address"), "its removal", SECONDS)
        wait_for(lambda: "taken back" in controller.faults, "the fault", SECONDS)
        assert can_ping(router, "172.16.99.108")
        assert "10.20.0.1" not in host.sh("ip address")
    finally:
        main.stop()
        thread.join(SECONDS)
        server.stop()
        server.wait()
