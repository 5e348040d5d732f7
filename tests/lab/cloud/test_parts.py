"""The small parts of the cloud: checks and their table, installed programs."""

import subprocess

import pytest

from tests.lab.cloud.checks import Check, assert_all, format_table
from tests.lab.cloud.daemons import Program


def test_the_table_marks_failed_checks() -> None:
    checks = [Check.same("tag", 100, 100), Check.same("ping", "5 of 5", "4 of 5")]

    assert format_table(checks).splitlines()[2:] == [
        "tag    100       100     ok",
        "ping   5 of 5    4 of 5  NOT OK",
    ]
    with pytest.raises(AssertionError, match="ping: expected 5 of 5, actual 4 of 5"):
        assert_all(checks)


def test_an_installed_program_runs() -> None:
    (python, *arguments) = Program("cloudnet-manage", ()).argv("--version")

    output = subprocess.run([python, *arguments], check=True, capture_output=True, text=True)

    assert output.stdout.startswith("cloudnet-manage ")
