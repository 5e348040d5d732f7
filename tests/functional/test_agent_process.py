"""The daemons as processes: signals, and an agent on a host without iptables."""

import ctypes.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.waiting import wait_for

TOP = Path(__file__).parents[2]
STARTED = {
    "cloudnet.agent": "cannot use the broker",
    "cloudnet.controller": "cannot use the database",
}


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file = tmp_path / "nova.conf"
    file.write_text(
        f"state_path = {tmp_path}/state\nnetworks_path = {tmp_path}/networks\n"
        "vlan_interface = eth0\npublic_interface =\nmy_ip = 127.0.0.1\n"
        f"transport_url = rabbit://guest:guest@127.0.0.1:{port}/\n"
    )
    return file


def start(module: str, *words: str, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as stderr:
        return subprocess.Popen(
            [sys.executable, "-m", module, *words],
            env={**os.environ, "PYTHONPATH": str(TOP)},
            stderr=stderr,
            stdout=stderr,
        )


@pytest.fixture(params=sorted(STARTED))
def daemon(
    request: pytest.FixtureRequest, configuration: Path, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    log = tmp_path / "log"
    process = start(request.param, "--config-file", str(configuration), log=log)
    wait_for(lambda: STARTED[request.param] in log.read_text(), "the daemon to start", 60)
    yield process
    process.kill()
    process.wait()


def test_a_daemon_reloads_on_hup_ignores_usr1_and_usr2_and_ends_on_term(
    daemon: subprocess.Popen[bytes], configuration: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    configuration.write_text(configuration.read_text() + "debug = true\n")

    daemon.send_signal(signal.SIGUSR1)
    daemon.send_signal(signal.SIGUSR2)
    daemon.send_signal(signal.SIGHUP)
    wait_for(lambda: "log level DEBUG" in log.read_text(), "the reload", 30)
    daemon.terminate()

    assert daemon.wait(timeout=30) == 0
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("library", ["ip4tc", "xtables"])
def test_an_agent_without_the_libraries_of_iptables_names_their_packages(
    library: str, configuration: Path, tmp_path: Path
) -> None:
    name = ctypes.util.find_library(library)
    assert name is not None
    [file] = {path.resolve() for path in Path("/usr/lib").rglob(name)}
    subprocess.run(["mount", "--bind", "/dev/null", file], check=True)
    try:
        process = start("cloudnet.agent", "--config-file", str(configuration), log=tmp_path / "log")
        status = process.wait(timeout=60)
    finally:
        subprocess.run(["umount", file], check=True)

    assert status == 1
    [line] = (tmp_path / "log").read_text().splitlines()
    assert line.startswith(
        "cloudnet-agent: the libraries of iptables are not installed "
        "(Debian: iptables; RPM: iptables-libs)"
    )
