"""The programs on a machine that has Python and nothing else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from oslo_config import cfg
from oslo_log import log

from cloudnet.common.daemon_arguments import build_parser
from cloudnet.common.missing import PROGRAMS as PROGRAMS_OF_A_NODE
from cloudnet.common.missing import SHARED_LIBRARIES

TOP = Path(__file__).parents[3]
DAEMONS = {"cloudnet-agent": "cloudnet.agent", "cloudnet-controller": "cloudnet.controller"}
PROGRAMS = {
    **DAEMONS,
    "cloudnet-manage": "cloudnet.controller.manage",
    "cloudnet-dhcpbridge": "cloudnet.agent.dhcpbridge",
}


def run_bare(
    module: str, *words: str, stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program without site-packages: nothing but the standard library can be imported."""
    return subprocess.run(
        [sys.executable, "-S", "-m", module, *words],
        env={"PYTHONPATH": str(TOP), "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_help_and_version_need_no_library(name: str, option: str) -> None:
    done = run_bare(PROGRAMS[name], option)

    assert (done.returncode, done.stderr) == (0, "")
    assert name in done.stdout
    if option == "--version":
        assert re.fullmatch(rf"{name} \S+\n", done.stdout)


@pytest.mark.parametrize("name", DAEMONS)
def test_wrong_usage_of_a_daemon_is_one_line_that_names_similar_options(name: str) -> None:
    done = run_bare(DAEMONS[name], "--use-jurnal")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"{name}: unrecognized arguments: --use-jurnal; did you mean --use-journal, "
        f"--nouse-journal or --use-json?; see `{name} --help`\n"
    )


@pytest.mark.parametrize("name", DAEMONS)
def test_a_library_that_a_daemon_lacks_is_named_with_its_packages(name: str) -> None:
    done = run_bare(DAEMONS[name], "--debug")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{name}: the Python library oslo_config is not installed "
        "(Debian: python3-oslo.config; RPM: python3-oslo-config; pip: oslo.config)\n"
    )


def test_a_library_that_a_command_lacks_is_named_with_its_packages() -> None:
    done = run_bare("cloudnet.controller.manage", "network", "list")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "cloudnet-manage: the Python library cliff is not installed "
        "(Debian: python3-cliff; RPM: python3-cliff; pip: cliff)\n"
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_lost_output_is_one_line_and_exit_status_1(name: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = run_bare(PROGRAMS[name], "--help", stdout=full.fileno())

    assert done.returncode == 1
    assert done.stderr == f"{name}: cannot write the output: No space left on device\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_closed_pipe_is_quiet(name: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    done = run_bare(PROGRAMS[name], "--help", stdout=writer)
    os.close(writer)

    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_closed_standard_output_is_one_line_and_exit_status_1(name: str) -> None:
    shell = f"exec {sys.executable} -S -m {PROGRAMS[name]} --help >&-"
    done = subprocess.run(
        ["sh", "-c", shell],
        env={"PYTHONPATH": str(TOP)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == f"{name}: cannot write the output: Bad file descriptor\n"


def test_the_options_are_those_that_oslo_log_has() -> None:
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    of_oslo_config = {"--config-file", "--config-dir", "--help", "--version"}
    published = {
        f"--{name}"
        for option, _ in conf._all_cli_opts()  # noqa: SLF001 - there is no public way to ask
        for name in (option.name, *(old.name for old in option.deprecated_opts if old.name))
    }
    published |= {
        f"--no{n[2:]}" for n in ("--debug", "--use-journal", "--use-json", "--use-syslog")
    }

    actions = build_parser("cloudnet-agent", "")._actions  # noqa: SLF001 - as above
    ours = {name for action in actions for name in action.option_strings if name.startswith("--")}

    assert ours == (published | of_oslo_config) - {"--shell_completion"}


def test_signals_without_a_meaning_do_not_end_a_starting_daemon() -> None:
    program = (
        "import os, signal\n"
        "from cloudnet.common import signals\n"
        "signals.ignore_until_ready()\n"
        "for each in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2): os.kill(os.getpid(), each)\n"
        "print(signal.getsignal(signal.SIGINT) is signal.SIG_DFL)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=TOP, check=False
    )

    assert (done.returncode, done.stdout) == (0, "True\n")
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_DFL  # of the tests' own process


def test_the_readme_installs_every_package_that_a_node_needs() -> None:
    lines = (TOP / "README.md").read_text().splitlines()
    [apt] = [line for line in lines if line.startswith("apt-get install ") and "venv" in line]
    [dnf] = [line for line in lines if "dnf install " in line]

    for packages in (PROGRAMS_OF_A_NODE | SHARED_LIBRARIES).values():
        assert packages.debian in apt.split()
        assert packages.rpm in dnf.replace("`", " ").split()
