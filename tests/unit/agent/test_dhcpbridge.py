"""cloudnet-dhcpbridge as dnsmasq runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "agent" / "dhcpbridge.py"
LEASES = "1700000000 fa:16:3e:00:00:03 10.0.0.3 vm3 *\n"


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", PROGRAM, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_events_without_an_agent_are_no_failure(tmp_path: Path) -> None:
    for words in (["add"], ["del"], ["old"]):
        done = run(*words, "fa:16:3e:00:00:03", "10.0.0.3", CLOUDNET_SOCKET=str(tmp_path / "no"))

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_events_without_an_environment_are_no_failure() -> None:
    assert run("add", "fa:16:3e:00:00:03", "10.0.0.3", "vm3").returncode == 0


def test_init_prints_the_lease_file(tmp_path: Path) -> None:
    leases = tmp_path / "leases"
    leases.write_text(LEASES)

    assert run("init", CLOUDNET_LEASES=str(leases)).stdout == LEASES


def test_init_with_no_leases_yet_prints_nothing(tmp_path: Path) -> None:
    done = run("init", CLOUDNET_LEASES=str(tmp_path / "none"))

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    "words", [[], ["add"], ["add", "fa:16:3e:00:00:03"], ["init", "x"], ["--bogus"]]
)
def test_wrong_usage_is_one_line(words: list[str]) -> None:
    done = run(*words)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("cloudnet-dhcpbridge: ")
    assert done.stderr.count("\n") == 1


def test_events_that_it_does_not_know_are_ignored() -> None:
    assert run("arp-add", "fa:16:3e:00:00:03", "10.0.0.3").returncode == 0


def test_help_shows_the_usage() -> None:
    done = run("--help")

    assert done.returncode == 0
    assert done.stdout.startswith("usage: cloudnet-dhcpbridge init | {add|old|del} MAC ADDRESS")


def test_an_event_that_is_ignored_imports_nothing() -> None:
    """Every lease event of every host pays for each import."""
    script = f"""
import sys
before = set(sys.modules)
sys.argv = ["", "old", "fa:16:3e:00:00:03", "10.0.0.3"]
try:
    exec(compile(open({str(PROGRAM)!r}).read(), "dhcpbridge", "exec"))
except SystemExit as end:
    print(end.code, sorted(set(sys.modules) - before))
"""

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )

    assert done.stdout == "0 []\n"
