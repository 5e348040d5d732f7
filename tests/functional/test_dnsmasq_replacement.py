"""A dnsmasq ends only for one that serves: options that dnsmasq does not take leave DHCP as it is.

The agent is restarted with other options, as an operator does it, on a host with real processes.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from cloudnet.agent.status import HostStatus
from cloudnet.common.errors import KernelRefused
from tests.fixtures.agent.dhcp_guest import Guest
from tests.fixtures.agent.host import Host, settings
from tests.fixtures.agent.real_node import RealNode
from tests.fixtures.agent.serving import BRIDGEPROGRAM, guest, network, serve
from tests.fixtures.waiting import wait_for

WRONG_AT_START = "listen-address=192.0.2.99\n"  # right to `dnsmasq --test`


@dataclass
class Node:
    """An agent whose file for dnsmasq the test writes."""

    host: Host
    loop: RealNode

    @classmethod
    def start(cls, host: Host, file: Path | None) -> Node:
        """Start an agent without memory."""
        host.restart_the_agent()
        dhcp = replace(
            settings(host.state_path).dhcp, dhcpbridge=BRIDGEPROGRAM, dnsmasq_config_file=file
        )
        return cls(host, RealNode.on(host, dhcp=dhcp))

    def receive(self, *guests: int) -> HostStatus:
        """Do passes until nothing is left to do, with these guests."""
        status = self.loop.receive(replace(network(*guests), revision=len(guests) + 1))
        return status if not status.out_of_sync else self.loop.reconciler.reconcile()

    def reconcile(self) -> HostStatus:
        return self.loop.reconciler.reconcile()


def leases(host: Host, number: int) -> str:
    """Return the address that the guest gets by DHCP."""
    with Guest(host, "br100", guest(number).mac) as vm:
        address = str(vm.boot().address)
    host.sh(f"ip link delete g00{number:02x}")  # so that the guest can be plugged in again
    return address


def faults(status: HostStatus) -> str:
    return "\n".join(fault.message for fault in status.faults)


@pytest.fixture
def file(host: Host) -> Path:
    """The operator's file."""
    host.nic("eth0")
    host.nic("eth1")
    return host.state_path / "more.conf"


def test_arguments_that_dnsmasq_refuses_leave_the_process_and_new_guests_are_served(
    host: Host, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Node.start(host, None).receive(3)
    before = host.dnsmasq_pids()
    file.write_text("cache-size=10\nno-such-option\n")

    node = Node.start(host, file)
    caplog.set_level(logging.INFO)
    status = node.receive(3)

    assert f"the new ones fail: bad option at line 2 of {file};" in faults(status)
    assert [each.revision for each in status.applied] == [2]
    assert host.dnsmasq_pids() == before
    assert leases(host, 3) == "10.0.0.3"
    status = node.receive(3, 4)
    assert [each.revision for each in status.applied] == [3]
    assert host.dnsmasq_pids() == before
    assert leases(host, 4) == "10.0.0.4"
    lines = [record.getMessage() for record in caplog.records]
    assert [line for line in lines if line.startswith("dnsmasq br100")] == [
        faults(status),
        "dnsmasq br100: changed (guests: 2)",
    ]


def test_arguments_that_fail_only_at_the_start_are_tried_once_and_the_former_serve_again(
    host: Host, file: Path
) -> None:
    Node.start(host, None).receive(3)
    before = host.dnsmasq_pids()
    file.write_text(WRONG_AT_START)

    node = Node.start(host, file)
    status = node.receive(3)

    again = host.dnsmasq_pids()
    assert len(again) == len(before)
    assert set(again).isdisjoint(before)
    assert "192.0.2.99: Cannot assign requested address" in faults(status)
    assert not status.out_of_sync
    for _ in range(3):
        node.reconcile()
    assert host.dnsmasq_pids() == again
    node.receive(3, 4)
    assert host.dnsmasq_pids() == again
    assert leases(host, 4) == "10.0.0.4"


def test_when_the_file_is_corrected_the_new_arguments_serve_and_the_fault_ends(
    host: Host, file: Path
) -> None:
    Node.start(host, None).receive(3)
    file.write_text("no-such-option\n")
    node = Node.start(host, file)
    node.receive(3)
    before = host.dnsmasq_pids()
    assert not host.kernel.has_drifted()

    file.write_text("dhcp-option=option:ntp-server,192.0.2.123\n")

    assert host.kernel.has_drifted()
    status = node.reconcile()
    assert faults(status) == ""
    assert set(host.dnsmasq_pids()).isdisjoint(before)
    with Guest(host, "br100", guest(3).mac) as vm3:
        assert vm3.boot().options[3] == bytes([10, 0, 0, 1])


def test_a_process_that_ends_while_arguments_are_refused_returns_with_the_former_ones(
    host: Host, file: Path
) -> None:
    Node.start(host, None).receive(3)
    file.write_text("no-such-option\n")
    node = Node.start(host, file)
    refused = faults(node.receive(3))
    host.sh(f"kill -9 $(cat {host.files('br100').pid})")
    wait_for(lambda: host.dnsmasq_pids() == [], "its end", 2)

    status = node.reconcile()

    assert faults(status) == refused
    assert leases(host, 3) == "10.0.0.3"


def test_a_file_that_was_broken_while_its_process_serves_ends_nothing(
    host: Host, file: Path
) -> None:
    file.write_text("cache-size=10\n")
    Node.start(host, file).receive(3)
    before = host.dnsmasq_pids()

    file.write_text("cache-size=ten\n")
    node = Node.start(host, file)
    status = node.receive(3)
    host.sh(f"rm -r {host.files('br100').hosts}")  # a new directory needs a new process
    refused = node.receive(3, 4)

    assert not status.out_of_sync
    assert f"at line 1 of {file}" in faults(refused)
    assert host.dnsmasq_pids() == before
    assert leases(host, 4) == "10.0.0.4"


def test_without_a_process_a_broken_file_is_named_with_its_line_and_mended_by_its_correction(
    host: Host, file: Path
) -> None:
    file.write_text("cache-size=10\n\nno-such-option\n")
    node = Node.start(host, file)

    status = node.receive(3)

    assert f"cannot be created: bad option at line 3 of {file}; see" in faults(status)
    assert host.dnsmasq_pids() == []
    file.write_text("cache-size=10\n")
    node = Node.start(host, file)
    assert faults(node.receive(3)) == ""
    assert leases(host, 3) == "10.0.0.3"


def test_a_former_file_that_is_gone_is_named(host: Host, file: Path) -> None:
    file.write_text("cache-size=10\n")
    Node.start(host, file).receive(3)
    before = host.dnsmasq_pids()
    file.unlink()
    other = file.with_name("other.conf")

    other.write_text("no-such-option\n")
    status = Node.start(host, other).receive(3)

    assert host.dnsmasq_pids() == before
    assert f"{file} of the former ones is gone, so they cannot be started again" in faults(status)
    other.write_text(WRONG_AT_START)
    status = Node.start(host, other).receive(3)
    assert "192.0.2.99: Cannot assign requested address" in faults(status)
    assert f"former arguments fail, too: cannot read {file}: No such" in faults(status)


@pytest.mark.parametrize("line", ["pid-file={}/x", "dhcp-leasefile={}/x", "leasefile-ro"])
def test_a_file_that_would_take_the_process_away_from_the_agent_ends_none(
    host: Host, file: Path, line: str
) -> None:
    Node.start(host, None).receive(3)
    before = host.dnsmasq_pids()
    file.write_text(f"{line.format(host.state_path)}\n")

    node = Node.start(host, file)
    status = node.receive(3)
    node.reconcile()

    name = line.partition("=")[0]
    assert f"new ones fail: {name} at line 1 of {file}: cloudnet " in faults(status)
    assert host.dnsmasq_pids() == before
    assert leases(host, 3) == "10.0.0.3"


def test_a_directory_that_the_new_process_could_not_read_leaves_the_old_one(
    host: Host, file: Path
) -> None:
    Node.start(host, None).receive(3)
    before = host.dnsmasq_pids()
    file.write_text("cache-size=10\n")
    host.state_path.chmod(0o700)

    status = Node.start(host, file).receive(3)

    assert f"cannot read {host.state_path}; permit it by" in faults(status)
    assert host.dnsmasq_pids() == before


def test_a_program_that_is_gone_ends_no_process(host: Host) -> None:
    desired = serve(host, network(3))
    before = host.dnsmasq_pids()
    missing = replace(desired, arguments=("no-such-dnsmasq", "--other"))

    with pytest.raises(KernelRefused, match="dnsmasq is not installed"):
        host.kernel.ensure(missing)

    assert host.dnsmasq_pids() == before


def test_after_a_move_of_the_state_new_guests_are_served_by_the_former_process(
    host: Host, file: Path
) -> None:
    Node.start(host, None).receive(3)
    file.write_text("no-such-option\n")
    moved = replace(host, state_path=host.state_path / "moved")
    moved.state_path.mkdir(mode=0o755)

    node = Node.start(moved, file)
    node.receive(3)
    status = node.receive(3, 4)

    assert not status.out_of_sync
    before = host.dnsmasq_pids()
    for _ in range(2):
        node.reconcile()
    assert host.dnsmasq_pids() == before
    assert leases(host, 4) == "10.0.0.4"
    assert moved.dnsmasq_pids() == []
    moved.kernel.close()


def test_a_full_disk_ends_no_dhcp(host: Host, file: Path) -> None:
    host.networks_path.mkdir()
    host.sh(f"mount -t tmpfs -o size=64k,mode=755 none {host.networks_path}")
    try:
        Node.start(host, None).receive(3, 4)
        assert leases(host, 3) == "10.0.0.3"
        assert leases(host, 4) == "10.0.0.4"
        file.write_text("cache-size=10\n")
        host.sh(f"cat /dev/zero >{host.networks_path}/full || true")

        Node.start(host, file).receive(3, 4)

        assert leases(host, 3) == "10.0.0.3"
    finally:
        host.sh(f"umount -l {host.networks_path}")
