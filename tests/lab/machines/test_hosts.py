"""Hosts of all kinds run commands in the same way: with input, output, signals and status."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fixtures.waiting import TimedOutError, wait_for
from tests.lab.machines.host import CommandFailedError, Host
from tests.lab.machines.machine import Machine
from tests.lab.machines.namespace import create_namespace
from tests.lab.machines.session import SessionLostError


@pytest.fixture(scope="module")
def machine(directory: Path) -> Iterator[Host]:
    with Machine("machine", [], directory, memory="256M") as machine:
        yield machine.host()


@pytest.fixture(params=["lab", "namespace", "machine", "namespace in a machine"])
def host(request: pytest.FixtureRequest, lab: Host) -> Iterator[Host]:
    kind: str = request.param
    parent = request.getfixturevalue("machine") if "machine" in kind else lab
    with ExitStack() as stack:
        if "namespace" in kind:
            yield stack.enter_context(create_namespace("inner", parent))
        else:
            yield parent


def test_a_command_returns_its_status_and_output(host: Host) -> None:
    result = host.attempt("sh", "-c", "echo out; echo err >&2; exit 3")

    assert (result.status, result.out, result.err) == (3, "out\n", "err\n")


def test_a_failure_names_host_command_and_error(host: Host) -> None:
    with pytest.raises(CommandFailedError, match=r"\$ ls /nowhere: status 2: .*No such file"):
        host.run("ls", "/nowhere")


def test_a_command_that_does_not_exist_ends_with_status_127(host: Host) -> None:
    assert host.attempt("no-such-command").status == 127


def test_a_long_text_is_written_and_read_back_unchanged(host: Host, directory: Path) -> None:
    text = "Grüße über die Leitung: ☃\n" * 2000

    host.write(directory / "there" / "text", text)

    assert host.read(directory / "there" / "text") == text


def test_commands_run_side_by_side(host: Host) -> None:
    first = host.start("sh", "-c", "read line; echo first $line")
    second = host.start("sh", "-c", "echo second")

    second.wait()
    first.write("at last\n")
    first.wait()

    assert (first.out, second.out) == ("first at last\n", "second\n")


def test_the_output_of_many_short_commands_is_complete(host: Host) -> None:
    processes = [host.start("sh", "-c", f"echo {n}; echo {n} >&2") for n in range(100)]

    for process in processes:
        process.wait()

    assert [(process.out, process.err) for process in processes] == [
        (f"{n}\n", f"{n}\n") for n in range(100)
    ]


def test_the_status_of_a_killed_command_is_its_signal(host: Host) -> None:
    process = host.start("sleep", "60")

    process.kill(signal.SIGKILL)

    assert process.wait() == -signal.SIGKILL


def test_the_pid_is_that_of_the_command(host: Host) -> None:
    process = host.start("sleep", "60")

    # A namespace is entered by a program that becomes the command.
    comm = f"/proc/{process.pid}/comm"
    wait_for(lambda: host.read(comm) == "sleep\n", "the command's name", timeout=10)
    process.kill()


def test_output_is_available_while_a_command_runs(host: Host) -> None:
    process = host.start("sh", "-c", "echo one; read line")

    process.wait_until(lambda: "one\n" in process.out, "output", timeout=20)

    assert process.alive
    process.kill()


def test_a_timeout_shows_the_output_so_far(host: Host) -> None:
    process = host.start("sh", "-c", "echo only this; sleep 60")
    process.wait_until(lambda: process.out != "", "output", timeout=20)

    with pytest.raises(TimedOutError, match="only this"):
        process.wait(timeout=0.1)
    process.kill()


def test_a_command_ends_although_a_daemon_keeps_its_output_open(host: Host) -> None:
    process = host.start("sh", "-c", "sleep 60 & echo done")

    assert process.wait(timeout=20) == 0
    assert process.out == "done\n"


def test_output_that_arrives_after_the_exit_is_ignored(lab: Host) -> None:
    process = lab.start("sh", "-c", "sleep 0.1; (sleep 0.1; echo late) & exit 0")
    status = Path(f"/proc/{process.pid}/status").read_text()
    server = int(status.split("PPid:")[1].split()[0])

    os.kill(server, signal.SIGSTOP)  # until both are pending, the end first
    session = ["pgrep", "-r", "S,R,D", "-s", str(process.pid)]
    wait_for(lambda: subprocess.run(session, check=False).returncode == 1, "the end", timeout=10)
    os.kill(server, signal.SIGCONT)

    assert process.wait() == 0
    assert lab.run("echo", "still running") == "still running\n"


def test_a_namespace_has_its_own_host_name_and_links(host: Host) -> None:
    with create_namespace("other", host) as other:
        assert other.run("hostname") == "other\n"
        assert {link["ifname"] for link in other.json("ip", "-j", "link")} == {"lo"}
        assert other.run("ls", "/run/netns") == ""


def test_a_namespace_ends_with_the_daemons_in_it(host: Host) -> None:
    with create_namespace("other", host) as other:
        other.run("sh", "-c", "setsid sleep 4711 >/dev/null 2>&1 &")
        wait_for(lambda: host.attempt("pgrep", "-fx", "sleep 4711").ok, "the daemon", 20)

    wait_for(lambda: not host.attempt("pgrep", "-fx", "sleep 4711").ok, "the daemon's end", 20)
    assert host.run("echo", "unharmed") == "unharmed\n"


def test_a_machine_has_its_own_kernel_and_files(machine: Host, lab: Host) -> None:
    machine.write("/etc/of-the-machine", "its own\n")
    machine.sh("ip link add up0 type bridge; ip link add link up0 name up0.7 type vlan id 7")

    assert not lab.attempt("ls", "/etc/of-the-machine").ok
    assert machine.run("uname", "-r") != lab.run("uname", "-r")
    assert machine.run("hostname") == "machine\n"


def test_a_crash_of_a_machine_loses_its_session(directory: Path) -> None:
    with Machine("doomed", [], directory, memory="256M") as doomed:
        host = doomed.host()
        process = host.start("sleep", "60")

        with contextlib.suppress(SessionLostError):  # it may end before it confirms the start
            host.start("sh", "-c", "echo c >/proc/sysrq-trigger || halt -f")

        with pytest.raises(SessionLostError):
            process.wait(timeout=30)
        with pytest.raises(SessionLostError):
            host.run("true")
