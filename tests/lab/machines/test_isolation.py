"""tools/isolated: nothing leaks in, nothing survives, signals and exit statuses are passed on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.waiting import wait_for
from tests.lab.machines.host import Host

TOP = Path(__file__).parents[3]
ISOLATED = str(TOP / "tools/isolated")
LAB_WITHOUT_ISOLATION = (
    "from tests.lab.machines.host import open_lab_host\nwith open_lab_host(): pass"
)
PRINT_SIGNAL = "trap 'echo got {0}; exit 7' {0}; echo ready; while :; do sleep 0.05; done"


def test_the_exit_status_is_that_of_the_command() -> None:
    assert subprocess.run([ISOLATED, "sh", "-c", "exit 7"], check=False).returncode == 7


@pytest.mark.parametrize(
    ("command", "status", "why"),
    [("nosuch", 127, "No such file or directory"), ("/etc/passwd", 126, "Permission denied")],
)
def test_a_command_that_cannot_start_is_named(command: str, status: int, why: str) -> None:
    refused = subprocess.run([ISOLATED, command], check=False, capture_output=True, text=True)

    assert refused.returncode == status
    assert refused.stderr == f"isolated: {command}: {why}\n"


def test_the_network_inside_is_a_new_one() -> None:
    links = subprocess.run(
        [ISOLATED, "ls", "/sys/class/net"], check=True, capture_output=True, text=True
    )

    assert links.stdout.split() == ["lo"]


def test_the_lab_refuses_to_start_without_isolation() -> None:
    refused = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", LAB_WITHOUT_ISOLATION],
        cwd=TOP,
        check=False,
        capture_output=True,
        text=True,
    )

    assert refused.returncode != 0
    assert "the lab runs only in namespaces of its own: tools/isolated COMMAND" in refused.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_passed_on_once(number: signal.Signals) -> None:
    script = PRINT_SIGNAL.format(number.name.removeprefix("SIG"))
    with subprocess.Popen(
        [ISOLATED, "sh", "-c", script], stdout=subprocess.PIPE, text=True
    ) as isolated:
        assert isolated.stdout is not None
        assert isolated.stdout.readline() == "ready\n"

        isolated.send_signal(number)

        assert isolated.stdout.read() == f"got {number.name.removeprefix('SIG')}\n"
        assert isolated.wait(10) == 7


def test_nothing_survives_a_kill(lab: Host) -> None:
    with subprocess.Popen(
        [ISOLATED, "sh", "-c", "sleep 4242 & echo ready; wait"], stdout=subprocess.PIPE
    ) as isolated:
        assert isolated.stdout is not None
        isolated.stdout.readline()
        # The shell may print this before its child has executed sleep.
        wait_for(lambda: lab.attempt("pgrep", "-fx", "sleep 4242").ok, "the sleep", timeout=10)

        os.kill(isolated.pid, signal.SIGKILL)

        wait_for(lambda: not lab.attempt("pgrep", "-fx", "sleep 4242").ok, "its end", timeout=10)
