"""The program around the commands."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from cloudnet.controller.manage import progress
from cloudnet.controller.manage.argument_types import with_dashes
from cloudnet.controller.manage.commands import COMMANDS, manager
from tests.unit.controller.manage.conftest import Manage


def test_help_names_every_command(bare: Manage) -> None:
    out = bare("--help").out

    for name in COMMANDS:
        assert f"  {name} " in out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_and_every_change_a_dry_run(bare: Manage, name: str) -> None:
    answer = bare(*name.split(), "--help")

    assert answer.status == 0
    changes = getattr(manager().commands[name].load(), "changes", False)
    assert ("--dry-run" in answer.out) is changes


def test_version_is_what_is_installed(bare: Manage) -> None:
    assert bare.done("version").out == f"{version('cloudnet')}\n"


def test_neither_help_nor_version_imports_the_database_or_the_queue() -> None:
    program = (
        "import sys\n"
        "from cloudnet.controller.manage.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(*sorted({'sqlalchemy', 'oslo_messaging', 'oslo_config'} & set(sys.modules)))\n"
    )
    for words in (["--help"], ["version"], ["network", "create", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == ""


def test_an_unknown_command_is_wrong_usage(bare: Manage) -> None:
    answer = bare("netwrk", "list")

    assert answer.status == 2
    assert answer.out == ""
    [line] = answer.err.splitlines()
    assert line.startswith("cloudnet-manage: 'netwrk list' is no command; near it are 'network ")


@pytest.mark.parametrize("words", ["network creat --label x", "network dis", "help nosuch"])
def test_a_part_of_a_name_runs_nothing(manage: Manage, words: str) -> None:
    refused = manage(*words.split())

    assert refused.status == 2
    assert "is no command" in refused.err
    assert manage.done("network", "list", "-f", "value").out == ""


def test_no_command_is_wrong_usage(bare: Manage) -> None:
    answer = bare()

    assert answer.status == 2
    assert answer.err == "cloudnet-manage: name a command; see cloudnet-manage --help\n"


@pytest.mark.parametrize(
    "command",
    [
        "network create --label private -c id",
        "network list --sort-column nothing",
        "floating allocate --project-id a -c id",
    ],
)
def test_a_column_that_there_is_not_is_wrong_usage_and_nothing_is_done(
    manage: Manage, command: str
) -> None:
    before = manage("network", "list", "-f", "json").out

    refused = manage(*command.split())

    assert refused.status == 2
    assert "there is no column" in refused.err.splitlines()[-1]
    assert manage("network", "list", "-f", "json").out == before


def test_a_wrong_configuration_is_refused_in_one_line(bare: Manage, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.conf"
    wrong.write_text("vlan_strat = 100\n")
    bare.files.append(wrong)

    assert bare.refused("network", "list") == (
        f"{wrong}:1: [DEFAULT] vlan_strat = 100: no such option; did you mean vlan_start?"
    )


def test_a_fault_of_our_own_is_one_line(manage: Manage, monkeypatch: pytest.MonkeyPatch) -> None:
    from cloudnet.controller.service.networks.networks import Networks

    def broken(self: Networks) -> None:
        raise TypeError("two\nlines")

    monkeypatch.setattr(Networks, "list_networks", broken)

    assert manage.refused("network", "list") == (
        "a fault of cloudnet's own, TypeError: two lines; --debug before the command shows where"
    )


def test_completion_is_printed(bare: Manage) -> None:
    assert "complete" in bare.done("complete").out


def test_underscores_are_dashes_in_options_only() -> None:
    words = with_dashes(["--fixed_range_v4=a_b", "--label", "x_y", "--", "--as_it_is"])

    assert words == ["--fixed-range-v4=a_b", "--label", "x_y", "--", "--as_it_is"]


def test_what_takes_long_gives_a_sign_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "FIRST_SECONDS", 0.01)
    stream = io.StringIO()

    with progress.Progress(stream, "cloudnet-manage"):
        time.sleep(0.2)

    assert stream.getvalue() == "cloudnet-manage: working, 0 s so far\n"


def test_what_is_quick_gives_none() -> None:
    stream = io.StringIO()

    with progress.Progress(stream, "cloudnet-manage"):
        pass

    assert stream.getvalue() == ""
