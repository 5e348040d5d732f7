"""The examples of the documents. (tests/lab/cloud runs them on a cloud.)"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]
BOOT_GUEST = TOP / "docs" / "examples" / "boot_guest.py"


def test_the_guest_example_has_at_most_40_lines() -> None:
    assert len(BOOT_GUEST.read_text().splitlines()) <= 40


def test_the_guest_example_without_arguments_prints_its_usage() -> None:
    done = subprocess.run(
        [sys.executable, BOOT_GUEST],
        env={"PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "usage: python boot_guest.py rabbit://" in done.stderr
    assert "Traceback" not in done.stderr
