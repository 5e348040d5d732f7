"""A boot as nova does it, in multi-host mode: the bridge is there when the call returns."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from cloudnet.common import rpc
from cloudnet.common.rpc import messaging
from tests.fixtures.servers.rabbitmq import RabbitMQ
from tests.fixtures.waiting import wait_for

TOP = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(TOP)}
BRIDGE, NIC = "br-nova", "nova0"


@contextmanager
def run(module: str, config: Path, ready: str) -> Iterator[None]:
    log = config.with_name(f"{module}.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "--config-file", str(config)],
            env=ENVIRONMENT,
            stderr=output,
        )
    try:
        wait_for(lambda: ready in log.read_text(), f"{module}: {ready}", timeout=60)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    return done.stdout


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A directory that dnsmasq can read, which gives up root's rights; pytest's own it cannot."""
    with tempfile.TemporaryDirectory(prefix="nova-", dir="/run") as directory:
        path = Path(directory)
        path.chmod(0o755)
        yield path
        for file in [*(path / "networks").glob("*.pid"), *path.glob("networks/*/pid")]:
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)


@pytest.fixture(scope="module")
def cloud(broker: RabbitMQ, state: Path) -> Iterator[rpc.messaging.RPCClient]:
    """A controller, the agent of node1, a flat network, and nova's client."""
    config = state / "nova.conf"
    config.write_text(
        f"[DEFAULT]\ntransport_url = {broker.transport_url}\nstate_path = {state}\n"
        f"networks_path = {state}/networks\nhost = node1\nmy_ip = 127.0.0.1\n"
        "network_manager = nova.network.manager.FlatDHCPManager\nmulti_host = True\n"
        f"flat_interface = {NIC}\nflat_network_bridge = {BRIDGE}\npublic_interface =\n"
        "report_interval = 1\ninstance_dns_domain = cloud.example\n[cloudnet]\nwiring_timeout = 8\n"
    )
    manage = [sys.executable, "-m", "cloudnet.controller.manage", "--config-file", str(config)]
    create = ["--label", "flat", "--fixed-range-v4", "10.55.0.0/24"]
    with ExitStack() as stack:
        ip("link", "add", NIC, "type", "veth", "peer", "name", f"{NIC}-far")
        stack.callback(ip, "link", "delete", NIC)
        subprocess.run([*manage, "db", "sync"], env=ENVIRONMENT, check=True)
        stack.enter_context(run("cloudnet.controller", config, "answering on topics"))
        subprocess.run([*manage, "network", "create", *create], env=ENVIRONMENT, check=True)
        stack.enter_context(run("cloudnet.agent", config, "starting"))
        stack.callback(ip, "link", "delete", BRIDGE)
        transport = rpc.create_transport(rpc.get_default_conf(), broker.transport_url, "nova")
        stack.callback(transport.cleanup)
        yield rpc.create_client(transport, rpc.NETWORK_TOPIC, 20)


CONTEXT = {"is_admin": True, "project_id": "a"}


def boot(cloud: rpc.messaging.RPCClient, host: str, instance: str = "") -> Any:
    return cloud.prepare(server=host, version="1.13").call(
        CONTEXT,
        "allocate_for_instance",
        instance_id=instance or str(uuid4()),
        project_id="a",
        host=host,
        rxtx_factor=1.0,
        vpn=False,
        requested_networks=None,
        macs=None,
    )


def test_the_bridge_and_the_gateway_are_there_when_the_call_returns(
    cloud: rpc.messaging.RPCClient,
) -> None:
    before = ip("-br", "address", "show", "dev", BRIDGE)

    [vif] = boot(cloud, "node1")
    after = ip("-br", "address", "show", "dev", BRIDGE)

    assert before == ""
    assert f"{vif['network']['subnets'][0]['gateway']['address']}/24" in after
    assert vif["network"]["bridge"] == BRIDGE


def test_a_deleted_guests_address_is_free_long_before_the_timeout(
    cloud: rpc.messaging.RPCClient, state: Path
) -> None:
    instance = str(uuid4())
    boot(cloud, "node1", instance)

    cloud.prepare(server="node1", version="1.11").call(
        CONTEXT,
        "deallocate_for_instance",
        instance={"nova_object.name": "Instance", "nova_object.data": {"uuid": instance}},
        requested_networks=None,
    )

    # fixed_ip_disassociate_timeout is 600 s
    wait_for(lambda: count_addresses(state, instance) == 0, "the end of its quarantine", timeout=60)


def count_addresses(state: Path, instance: str) -> int:
    with sqlite3.connect(state / "cloudnet.sqlite") as database:
        statement = "SELECT count(*) FROM fixed_ips WHERE instance_uuid = ?"
        [(count,)] = database.execute(statement, (instance,))
        return int(count)


def test_a_name_is_resolved_from_the_boot_of_its_instance_to_its_end(
    cloud: rpc.messaging.RPCClient,
) -> None:
    instance = str(uuid4())

    [vif] = boot(cloud, "node1", instance)
    subnet = vif["network"]["subnets"][0]
    gateway, address = subnet["gateway"]["address"], subnet["ips"][0]["address"]
    name = f"{instance}.cloud.example"
    wait_for(lambda: resolve(gateway, name) == address, "the name", timeout=20)

    cloud.prepare(version="1.11").call(
        CONTEXT,
        "deallocate_for_instance",
        instance={"nova_object.name": "Instance", "nova_object.data": {"uuid": instance}},
        requested_networks=None,
    )
    wait_for(lambda: resolve(gateway, name) in {"", "NXDOMAIN"}, "its end", timeout=20)


def resolve(server: str, name: str) -> str:
    """Return the address of a name, or the code of the reply; empty: nobody replies any more."""
    query = dns.message.make_query(name, "A")
    try:
        reply = dns.query.udp(query, server, timeout=2)
    except (OSError, dns.exception.Timeout):
        return ""
    found = [str(record) for answer in reply.answer for record in answer]
    return ",".join(found) or dns.rcode.to_text(reply.rcode())


def test_a_host_without_an_agent_is_an_error_that_ends_a_boot(
    cloud: rpc.messaging.RPCClient,
) -> None:
    with pytest.raises(messaging.RemoteError, match="host node2 has never reported") as refused:
        boot(cloud, "node2")

    assert refused.value.exc_type == "VirtualInterfaceCreateException"
