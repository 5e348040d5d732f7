"""tools/install, with other programs in place of those that it runs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
PROGRAMS = {
    "bin/dpkg": "echo amd64",
    "bin/dpkg-query": "echo installed",
    ".venv/bin/python": '[ "$1" = -c ] && exit 0; sleep 3; echo no such wheel; exit 1',
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone in which all packages are installed, and pip fails after some seconds."""
    (tmp_path / "tools").mkdir()
    for name in ("tools/install", "setup.cfg", "pyproject.toml", "constraints.txt"):
        shutil.copy(TOP / name, tmp_path / name)
    for name, script in PROGRAMS.items():
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return tmp_path


def test_a_long_command_shows_progress_and_its_output_if_it_fails(checkout: Path) -> None:
    path = f"{checkout / 'bin'}:{os.environ['PATH']}"

    run = subprocess.run(
        [checkout / "tools/install"],
        env={**os.environ, "PATH": path, "PROGRESS_SECONDS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    first, *progress = run.stdout.splitlines()
    assert first == "install: installing Python packages into .venv (takes minutes)"
    assert progress
    assert all(line.startswith("install: working, ") for line in progress)
    assert run.stderr.startswith("no such wheel\ninstall: failed: .venv/bin/python -m pip install")
    assert run.returncode == 1
