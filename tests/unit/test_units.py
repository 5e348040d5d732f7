"""The systemd units: what they let the programs do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "etc" / "systemd" / "system"


@pytest.mark.parametrize("unit", ["cloudnet-agent.service", "cloudnet-controller.service"])
def test_the_exposure_of_a_unit_is_below_five(unit: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=50", UNITS / unit],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
