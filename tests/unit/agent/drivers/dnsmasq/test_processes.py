"""Processes as values, and signals that reach the process that was read and no other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloudnet.agent.drivers.dnsmasq.processes import (
    Process,
    get_environment,
    is_in_our_network,
    list_processes_with,
    read_process,
    refresh,
    send,
    stop,
)

MARK = f"--mark-of-test={os.getpid()}-"
SCRIPT = "import sys; print(flush=True); sys.stdin.read()"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """A process that runs until its input ends."""
    command = [sys.executable, "-c", SCRIPT, f"{MARK}x", "two words"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"CLOUDNET_NETWORK": "uuid", "EMPTY": "", "EQUAL": "a=b"},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it runs
        yield process


def require(pid: int) -> Process:
    process = read_process(pid)
    assert process is not None
    return process


def test_a_process_has_its_arguments_as_they_were_given(child: subprocess.Popen[str]) -> None:
    process = require(child.pid)

    assert process.arguments == (sys.executable, "-c", SCRIPT, f"{MARK}x", "two words")
    assert refresh(process) == process
    assert is_in_our_network(process)


def test_a_process_has_the_environment_that_it_was_started_with(
    child: subprocess.Popen[str],
) -> None:
    environment = get_environment(require(child.pid))

    assert environment["CLOUDNET_NETWORK"] == "uuid"
    assert (environment["EMPTY"], environment["EQUAL"]) == ("", "a=b")


def test_a_process_is_found_by_the_beginning_of_an_argument(child: subprocess.Popen[str]) -> None:
    program = os.path.basename(sys.executable)  # noqa: PTH119
    found = list_processes_with(program, MARK)

    assert [process.pid for process in found] == [child.pid]
    assert list(list_processes_with(program, f"{MARK}y")) == []
    assert list(list_processes_with("two words", MARK)) == []


def test_a_later_process_with_the_same_pid_is_another_and_gets_no_signal(
    child: subprocess.Popen[str],
) -> None:
    earlier = replace(require(child.pid), started=1)

    assert refresh(earlier) is None
    assert not send(earlier, signal.SIGKILL)
    assert stop(earlier)  # it is gone
    assert child.poll() is None


def test_a_signal_reaches_the_process(child: subprocess.Popen[str]) -> None:
    assert send(require(child.pid), signal.SIGTERM)
    assert child.wait() == -signal.SIGTERM


def test_a_stopped_process_is_gone_and_a_zombie_is_no_process(
    child: subprocess.Popen[str],
) -> None:
    process = require(child.pid)

    assert stop(process)
    assert read_process(child.pid) is None  # nobody has waited for it yet
    child.wait()
    assert refresh(process) is None
    assert not is_in_our_network(process)
    assert get_environment(replace(process, started=2)) == {}
    assert stop(process)
    assert not send(process, signal.SIGTERM)
