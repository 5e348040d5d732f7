"""The processes of dnsmasq: which are ours, how they end, and why one does not start."""

import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from cloudnet.agent.node.resources.dnsmasq import Dnsmasq
from cloudnet.common.errors import KernelRefused
from tests.fixtures.agent.dhcp_guest import Guest
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import guest, network, serve, served
from tests.fixtures.waiting import wait_for


def test_the_end_of_a_process_is_waited_for_before_the_next_start(host: Host) -> None:
    desired = serve(host, network(3))

    for _ in range(50):  # for milliseconds it has no arguments, but its port
        host.sh(f"kill -9 $(cat {host.files('br100').pid})")
        wait_for(lambda: not host.has(desired), "its end to be read", 2)
        host.kernel.ensure(desired)

        assert host.has(desired)


def test_a_new_bridge_of_the_same_name_needs_a_new_process(host: Host) -> None:
    desired = serve(host, network(3))
    host.sh("ip link delete br100")
    assert not host.has(desired)

    serve(host, network(3))

    assert host.has(desired)
    with Guest(host, "br100", guest(3).mac) as vm3:
        assert str(vm3.boot().address) == "10.0.0.3"


def test_a_new_agent_finds_it_without_its_pid_file(host: Host) -> None:
    desired = serve(host, network(3))
    before = host.dnsmasq_pids()
    host.files("br100").pid.unlink()

    host.restart_the_agent()
    assert not host.has(desired)
    host.kernel.ensure(desired)

    assert host.has(desired)
    assert host.dnsmasq_pids() == before


def test_of_two_for_one_bridge_one_is_ended(host: Host) -> None:
    desired = serve(host, network(3))
    program = "import time; time.sleep(600)"
    with subprocess.Popen(
        ["dnsmasq", "-c", program, f"--pid-file={host.files('br100').pid}"],
        executable=sys.executable,
    ) as double:
        wait_for(lambda: double.pid in host.dnsmasq_pids(), "the double to start", 5)
        host.restart_the_agent()
        assert not host.has(desired)

        host.kernel.ensure(desired)

        assert double.wait(5) != 0
    assert host.has(desired)


def test_a_foreign_process_with_its_pid_is_not_ended(host: Host) -> None:
    desired = serve(host, network(3))
    host.sh(f"kill -9 $(cat {host.files('br100').pid}); sleep 0.1")
    with subprocess.Popen(["sleep", "600"]) as foreign:
        host.files("br100").pid.write_text(f"{foreign.pid}\n")

        host.restart_the_agent()
        assert not host.has(desired)
        host.kernel.remove(desired)

        assert foreign.poll() is None
        foreign.kill()


def test_a_dnsmasq_of_the_operators_is_not_ended(host: Host) -> None:
    with subprocess.Popen(
        ["dnsmasq", "--keep-in-foreground", "--conf-file=", "--port=5353", "--bind-interfaces"]
    ) as operators:
        desired = serve(host, network(3))
        host.kernel.remove(desired)

        assert operators.poll() is None
        operators.kill()


def test_removed_it_leaves_no_process_and_no_file(host: Host) -> None:
    desired = serve(host, network(3))
    with Guest(host, "br100", guest(3).mac) as vm3:
        vm3.boot()

    for _ in range(2):
        host.kernel.remove(desired)

    assert host.dnsmasq_pids() == []
    assert list(host.networks_path.iterdir()) == []
    assert desired.key not in host.resources()


def test_the_files_of_one_that_ended_are_read_and_removed(host: Host) -> None:
    desired = serve(host, network(3))
    host.sh(f"kill -9 $(cat {host.files('br100').pid}); sleep 0.1")

    host.restart_the_agent()
    left = host.resources()[desired.key]
    assert isinstance(left, Dnsmasq)
    assert left.arguments == ()
    assert left.faults == ("not running",)
    host.kernel.remove(left)

    assert list(host.networks_path.iterdir()) == []


def test_it_does_not_need_the_agent(host: Host) -> None:
    desired = serve(host, network(3))
    host.kernel.close()

    with Guest(host, "br100", guest(3).mac) as vm3:
        assert str(vm3.boot().address) == "10.0.0.3"
    host.restart_the_agent()
    assert host.has(desired)


def test_a_port_in_use_is_one_line(host: Host) -> None:
    host.sh("ip link add br100 type bridge; ip address add 10.0.0.1/22 dev br100")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 67))

        with pytest.raises(KernelRefused) as refused:
            serve(host, network(3))

    assert str(refused.value) == (
        "dnsmasq br100 (guests: 1): failed to bind DHCP server socket: Address already in use; "
        "find the program that uses the port by `ss -lunp`, and keep it off cloudnet's bridges"
    )
    assert host.dnsmasq_pids() == []


def test_a_bad_option_is_one_line(host: Host) -> None:
    serve(host, network(3))

    with pytest.raises(KernelRefused) as refused:
        host.kernel.ensure(served(host, network(3), "--dhcp-range=nonsense"))

    assert str(refused.value) == (
        "dnsmasq br100 (guests: 1): its former arguments stay in use, because the new ones fail: "
        "bad command line options: bad dhcp-range; see dnsmasq_config_file and the networks' DNS "
        "servers; the new ones are tried again when they change, or the agent is restarted"
    )


def test_other_programs_with_its_arguments_are_neither_counted_nor_ended(host: Host) -> None:
    """For example ``pgrep -f``, ``strace`` and ``sudo``."""
    desired = serve(host, network(3))
    before, pid_file = host.dnsmasq_pids(), host.files("br100").pid
    program = "import time; time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", program, "dnsmasq", f"--pid-file={pid_file}"]
    ) as other:
        wait_for(lambda: other.pid in host.dnsmasq_pids(), "the other program to start", 5)
        host.restart_the_agent()
        assert host.has(desired)
        pid_file.write_text(f"{other.pid}\n")
        host.kernel.ensure(desired)

        assert host.has(desired)
        assert other.poll() is None
        other.kill()
    assert host.dnsmasq_pids() == before


def test_a_stopped_process_is_noticed_and_serves_again(host: Host) -> None:
    desired = serve(host, network(3))
    before = host.dnsmasq_pids()
    host.sh(f"kill -STOP $(cat {host.files('br100').pid})")

    wait_for(lambda: host.resources()[desired.key].faults == ("stopped",), "it to stop", 5)
    host.kernel.ensure(desired)

    assert host.has(desired)
    assert host.dnsmasq_pids() == before
    with Guest(host, "br100", guest(3).mac) as vm3:
        assert str(vm3.boot().address) == "10.0.0.3"


def test_a_missing_bridge_is_one_line(host: Host) -> None:
    with pytest.raises(KernelRefused, match="there is no br100; the agent creates it first"):
        host.kernel.ensure(served(host, network(3)))


def test_the_error_about_a_directory_that_dnsmasq_cannot_read_names_it(host: Host) -> None:
    host.state_path.chmod(0o700)

    with pytest.raises(KernelRefused) as refused:
        serve(host, network(3))

    assert str(refused.value) == (
        f"dnsmasq runs as an ordinary user and cannot read {host.state_path}; "
        f"permit it by `chmod o+x {host.state_path}`"
    )


def test_the_error_about_a_missing_dnsmasq_names_the_package(host: Host) -> None:
    desired = serve(host, network(3))
    missing = replace(desired, arguments=("no-such-dnsmasq", *desired.arguments[1:]))

    with pytest.raises(KernelRefused, match=r"dnsmasq is not installed \(Debian: dnsmasq-"):
        host.kernel.ensure(missing)


def test_several_are_started_at_once_and_each_has_its_own_error(host: Host) -> None:
    networks = [network(3, bridge=f"br{n}", address=f"10.{n}.0.1") for n in range(101, 107)]
    for each in networks:
        serve(host, each)
        host.kernel.remove(served(host, each))
    host.resources()
    good = [served(host, each) for each in networks]
    desired = [*good[:3], replace(good[3], arguments=("dnsmasq", "--nonsense")), *good[4:]]

    errors = list(host.kernel.ensure_each([(each, None) for each in desired]))

    assert [error is None for error in errors] == [True, True, True, False, True, True]
    assert isinstance(errors[3], KernelRefused)
    assert str(errors[3]).startswith(f"{desired[3]}: bad command line options")
    assert all(host.has(each) for each in (*good[:3], *good[4:]))
