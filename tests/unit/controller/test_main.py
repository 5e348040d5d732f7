"""The program ``cloudnet-controller``, as far as it needs no broker."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from cloudnet.controller.main import name_process
from cloudnet.controller.workers import Ends
from tests.fixtures.controller.world import SETTINGS, with_empty_database

LISTING = Path(__file__).parents[3] / "etc" / "listing6.conf"


def start_controller(tmp_path: Path, *lines: str) -> subprocess.Popen[str]:
    extra = tmp_path / "extra.conf"
    extra.write_text("".join(f"{line}\n" for line in lines))
    program = [sys.executable, "-m", "cloudnet.controller.main"]
    files = ["--config-file", str(LISTING), "--config-file", str(extra)]
    return subprocess.Popen([*program, *files], stderr=subprocess.PIPE, text=True)


def stop_when_logged(controller: subprocess.Popen[str], text: str) -> str:
    """Send SIGTERM after a line with ``text``, and return the lines after it."""
    assert controller.stderr is not None
    for line in controller.stderr:
        if text in line:
            break
    controller.send_signal(signal.SIGTERM)
    _, rest = controller.communicate(timeout=60)
    return rest


def test_a_missing_database_driver_is_one_line_and_exit_status_1(tmp_path: Path) -> None:
    controller = start_controller(tmp_path, "sql_connection = mysql://nova:secret@127.0.0.1/nova")

    _, errors = controller.communicate(timeout=60)

    assert controller.returncode == 1
    [line] = errors.splitlines()
    assert line.startswith("cloudnet-controller: the driver for mysql:// is not installed (No ")
    assert "secret" not in line


def test_a_controller_serves_until_sigterm(tmp_path: Path) -> None:
    with with_empty_database(tmp_path, SETTINGS) as settings:
        controller = start_controller(
            tmp_path, "transport_url = fake://", "[database]", f"connection = {settings.database}"
        )
        rest = stop_when_logged(controller, "answering on topics network, network.<host>,")

    assert controller.returncode == 0
    assert "SIGTERM received: finishing the requests in progress" in rest
    assert ": stopped" in rest.splitlines()[-1]


def test_log_records_name_the_worker_of_a_controller_that_has_several() -> None:
    second = Ends(number=1, is_start=True, parent=0, ready=1)

    assert name_process("vm", second) == "controller vm, worker 2"
    assert name_process("vm", None) == "controller vm"


def test_sigterm_ends_the_wait_for_a_database(tmp_path: Path) -> None:
    controller = start_controller(
        tmp_path, "transport_url = fake://", f"state_path = {tmp_path}/none"
    )

    rest = stop_when_logged(controller, "cannot use the database")

    assert controller.returncode == 0
    assert ": stopped" in rest.splitlines()[-1]
