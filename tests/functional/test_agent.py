"""The agent as a program on a host of its own, with no broker to reach."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common.wire.objects import FixedRanges, Topology
from tests.fixtures.agent.dhcp_guest import DECLINE, Guest
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.snapshots import RANGES, network, vif
from tests.fixtures.waiting import wait_for

SECONDS = 30  # for one change; only a host that is overloaded needs them
NETWORK = network(
    topology=Topology.FLATDHCP, vlan=None, bridge="br100", bridge_interface=None, vifs=(vif(),)
)


@pytest.fixture
def config(host: Host) -> Path:
    """Return the configuration of a host whose last desired state is on disk."""
    cache = SnapshotCache(host.state_path / "snapshots")
    cache.keep(NETWORK)
    cache.keep_ranges(FixedRanges(1, RANGES.ranges))
    cache.keep_synced()
    file = host.state_path / "nova.conf"
    file.write_text(
        "[DEFAULT]\nhost = node1\nmy_ip = 127.0.0.1\nvlan_interface = eth0\n"
        "transport_url = rabbit://guest:guest@127.0.0.1:1/\n"
        f"state_path = {host.state_path}\nnetworks_path = {host.networks_path}\n"
        "[cloudnet]\nresync_interval = 3600\n"
    )
    host.nic("eth0")
    return file


@contextmanager
def started(config: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Yield a running agent, and kill it if it still runs at the end."""
    root = Path(__file__).parents[2]
    agent = subprocess.Popen(
        [sys.executable, "-m", "cloudnet.agent.main", "--config-file", str(config)],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(root), **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield agent
    finally:
        agent.kill()
        agent.wait()


def test_an_agent_rebuilds_the_network_from_disk_and_leaves_it_when_it_ends(
    host: Host, config: Path
) -> None:
    with started(config) as agent:
        wait_for(host.dnsmasq_pids, "dnsmasq", SECONDS)
        agent.send_signal(signal.SIGTERM)
        _, log = agent.communicate(timeout=SECONDS)

    assert agent.returncode == 0
    assert "bridge br100: created (mac" in log
    assert "dnsmasq br100: created (guests: 1)" in log
    assert "10.0.0.1/22" in host.sh("ip address show dev br100")
    assert host.dnsmasq_pids()


def test_an_agent_notifies_systemd_when_the_network_is_ready(host: Host, config: Path) -> None:
    path = str(host.state_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        systemd.settimeout(SECONDS)
        with started(config, NOTIFY_SOCKET=path):
            assert systemd.recv(64) == b"READY=1"
            assert host.dnsmasq_pids()


def test_a_second_agent_on_a_host_exits_with_one_line(host: Host, config: Path) -> None:
    with started(config) as first:
        wait_for((host.state_path / "agent.sock").exists, "the first agent", SECONDS)
        with started(config) as second:
            _, log = second.communicate(timeout=SECONDS)

    assert second.returncode == 1
    assert log == (
        f"cloudnet-agent: another cloudnet-agent (pid {first.pid}) runs on this host; stop it "
        "first: one host has one agent, whatever its state_path\n"
    )


@pytest.mark.parametrize(
    "drift",
    [
        "iptables-legacy -F cloudnet-FORWARD",
        "ip link set br100 down",
        "ip address flush dev br100",
        "pkill -F {networks_path}/nova-br100.pid",
        "sysctl -qw net.ipv4.ip_forward=0",
    ],
)
def test_drift_is_repaired_without_a_resync(host: Host, config: Path, drift: str) -> None:
    state = (
        "iptables-legacy -S cloudnet-FORWARD; ip -o link show br100; ip -o -4 address show br100;"
        "cat /proc/sys/net/ipv4/ip_forward;"
        f"pgrep -F {host.networks_path}/nova-br100.pid >/dev/null"
    )
    with started(config):
        wait_for(host.dnsmasq_pids, "dnsmasq", SECONDS)
        wait_for(lambda: "10.0.0.1" in host.sh("ip address"), "the address", SECONDS)
        before = wait_for(lambda: host.sh(state), "a settled host", SECONDS)

        host.sh(drift.format(networks_path=host.networks_path))

        wait_for(lambda: host.sh(state) == before, "the repair", SECONDS)


def test_a_running_agent_puts_right_what_was_done_to_a_lease(host: Host, config: Path) -> None:
    address, server = IPv4Address("10.0.0.3"), IPv4Address("10.0.0.1")
    leases = host.files("br100").leases
    with started(config):
        wait_for(host.dnsmasq_pids, "dnsmasq", SECONDS)
        with (
            Guest(host, "br100", vif().mac) as guest,
            Guest(host, "br100", "fa:16:3e:00:00:66") as neighbour,
        ):
            guest.boot()
            for _ in range(2):
                neighbour.forge(DECLINE, vif().mac, address, server)
                wait_for(lambda: not leases.read_text(), "the lease to end", SECONDS, pause=0.01)
                wait_for(leases.read_text, "the lease to be back", SECONDS)
                assert guest.boot().address == address

            leases.unlink()
            wait_for(leases.exists, "the file to be back", SECONDS)
            assert vif().mac in leases.read_text()
            assert guest.boot().address == address
