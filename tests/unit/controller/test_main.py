"""The program ``cloudnet-controller``, as far as it needs no broker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LISTING = Path(__file__).parents[3] / "etc" / "listing6.conf"


def test_a_database_without_its_driver_is_one_line_and_the_end(tmp_path: Path) -> None:
    where = tmp_path / "where.conf"
    where.write_text("sql_connection = mysql://nova:secret@127.0.0.1/nova\n")
    program = [sys.executable, "-m", "cloudnet.controller.main"]

    done = subprocess.run(
        [*program, "--config-file", LISTING, "--config-file", where],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("cloudnet-controller: the driver for mysql:// is not installed (No ")
    assert "secret" not in line
