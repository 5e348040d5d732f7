"""The small parts of the cloud: checks and their table, installed programs."""

import subprocess

import pytest

from tests.lab.cloud.checks import Check, hold, table
from tests.lab.cloud.daemons import Program


def test_a_table_shows_what_does_not_hold() -> None:
    checks = [Check.same("tag", 100, 100), Check.same("ping", "5 of 5", "4 of 5")]

    assert table(checks).splitlines()[2:] == [
        "tag   100       100     ok",
        "ping  5 of 5    4 of 5  NOT OK",
    ]
    with pytest.raises(AssertionError, match="ping: expected 5 of 5, seen 4 of 5"):
        hold(checks)


def test_cloudnets_programs_run_as_they_are_installed() -> None:
    (python, *words) = Program("cloudnet-manage", ()).argv("--version")

    said = subprocess.run([python, *words], check=True, capture_output=True, text=True)

    assert said.stdout.startswith("cloudnet-manage ")
