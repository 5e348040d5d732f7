"""The VLAN tests on another kernel, a machine of the lab, if this kernel has no 802.1Q."""

import re
import sys
from pathlib import Path

import pytest

from tests.lab.machines.machine import Machine

ROOT = Path(__file__).parents[2]


@pytest.mark.other_kernel
def test_vlans_on_a_kernel_that_has_them(tmp_path: Path) -> None:
    files = [
        str(ROOT / "tests" / "functional" / name)
        for name in ("test_vlans.py", "test_link_sysctls.py")
    ]
    with Machine("functional", [], tmp_path) as machine:
        result = machine.host().attempt(
            *("sh", "-c", 'cd "$0" && exec "$@"', str(ROOT)),
            *(str(Path(sys.executable).absolute()), "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *files,
            timeout=600,
        )

    assert result.ok, result.out + result.err
    passed = re.search(r"^(\d+) passed in", result.out, re.MULTILINE)
    assert passed, result.out
    assert int(passed[1]) > 20
