"""What all commands share: help, wrong usage, errors, progress."""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from cloudnet.controller.manage.argument_types import dashes_for_underscores
from cloudnet.controller.manage.command_kinds import ActionCommand
from cloudnet.controller.manage.command_table import COMMANDS
from cloudnet.controller.manage.commands import command_manager
from cloudnet.controller.manage.progress import show_progress
from cloudnet.controller.manage.session import Session
from tests.unit.controller.manage.conftest import Manage

WORKING = r"cloudnet-manage: working, \d+ s so far"


def test_help_names_every_command(bare: Manage) -> None:
    out = bare("--help").out

    for name in COMMANDS:
        assert f"  {name} " in out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_and_every_change_a_dry_run(bare: Manage, name: str) -> None:
    answer = bare(*name.split(), "--help")

    assert answer.status == 0
    changes = getattr(command_manager().commands[name].load(), "makes_changes", False)
    assert ("--dry-run" in answer.out) is changes


def test_version_is_what_is_installed(bare: Manage) -> None:
    assert bare.done("version").out == f"{version('cloudnet')}\n"


def imported_libraries(*words: str) -> str:
    """Run a command in a process of its own and return which slow libraries it imported."""
    program = (
        "import sys\n"
        "from cloudnet.controller.manage.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "slow = {'alembic', 'kombu', 'oslo_config', 'oslo_messaging', 'sqlalchemy'}\n"
        "print(*sorted(slow & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("command", ["--help", "version", "network create --help"])
def test_help_and_version_import_neither_the_database_nor_the_queue(command: str) -> None:
    assert imported_libraries(*command.split()) == ""


@pytest.mark.parametrize("command", ["network list", "network create --label x --dry-run"])
def test_a_command_that_changes_nothing_imports_no_queue_library(
    manage: Manage, command: str
) -> None:
    files = [word for file in manage.files for word in ("--config-file", str(file))]

    assert imported_libraries(*files, *command.split()) == "oslo_config sqlalchemy"


def test_an_unknown_command_is_wrong_usage(bare: Manage) -> None:
    answer = bare("netwrk", "list")

    assert answer.status == 2
    assert answer.out == ""
    [line] = answer.err.splitlines()
    assert line.startswith(
        "cloudnet-manage: 'netwrk list' is not a command; did you mean 'network "
    )


@pytest.mark.parametrize("words", ["network creat --label x", "network dis", "help nosuch"])
def test_an_abbreviated_name_runs_nothing(manage: Manage, words: str) -> None:
    refused = manage(*words.split())

    assert refused.status == 2
    assert "is not a command" in refused.err
    assert manage.done("network", "list", "-f", "value").out == ""


def test_no_command_is_wrong_usage(bare: Manage) -> None:
    answer = bare()

    assert answer.status == 2
    assert answer.err == "cloudnet-manage: no command given; see `cloudnet-manage --help`\n"


@pytest.mark.parametrize(
    "command",
    [
        "network create --label private -c id",
        "network list --sort-column nothing",
        "floating allocate --project-id a -c id",
    ],
)
def test_an_unknown_column_is_wrong_usage_and_nothing_is_changed(
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


class Broken(ActionCommand):
    """A command with a bug."""

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        raise TypeError("two\nlines")


def test_an_internal_error_is_one_line(manage: Manage) -> None:
    manage.commands.add_command("broken", Broken)

    assert manage.refused("broken") == (
        "internal error, TypeError: two lines; `cloudnet-manage --debug …` prints the traceback"
    )


def test_underscores_become_dashes_in_options_only() -> None:
    words = dashes_for_underscores(["--fixed_range_v4=a_b", "--label", "x_y", "--", "--as_it_is"])

    assert words == ["--fixed-range-v4=a_b", "--label", "x_y", "--", "--as_it_is"]


def test_a_slow_command_prints_its_progress() -> None:
    stream = io.StringIO()

    with show_progress(stream, "cloudnet-manage", first_seconds=0.01):
        while not stream.getvalue():
            time.sleep(0.01)

    assert re.fullmatch(rf"({WORKING}\n)+", stream.getvalue())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_progress_is_one_line_that_is_cleared_at_the_end() -> None:
    stream = Terminal()

    with show_progress(stream, "cloudnet-manage", first_seconds=0.01):
        while not stream.getvalue():
            time.sleep(0.01)

    clear = re.escape("\r\x1b[K")
    assert re.fullmatch(rf"({clear}{WORKING})+{clear}", stream.getvalue())


def test_a_fast_command_prints_no_progress() -> None:
    stream = io.StringIO()

    with show_progress(stream, "cloudnet-manage"):
        pass

    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("words", "suggested"),
    [
        ("netwrk list", "'network list'"),
        ("list network", "'network list'"),
        ("network associat", "'network associate' or 'network disassociate'"),
        (
            "lst",
            (
                "'dns list', 'fixed list', 'floating list', 'host list', 'instance list', "
                "'network list' or 'operation list'"
            ),
        ),
        ("quota", "'quota set' or 'quota show'"),
    ],
)
def test_all_similar_commands_are_suggested(bare: Manage, words: str, suggested: str) -> None:
    answer = bare(*words.split())

    assert answer.status == 2
    assert answer.err == (
        f"cloudnet-manage: '{words}' is not a command; did you mean {suggested}? "
        "See `cloudnet-manage --help`\n"
    )


def test_wrong_usage_is_one_line_that_names_similar_options(bare: Manage) -> None:
    wrong_command = bare("network", "create", "--label", "x", "--fixed-rnage-v4", "10.0.0.0/8")
    wrong_program = bare("--confg-file", "x", "network", "list")

    assert (wrong_command.status, wrong_program.status) == (2, 2)
    assert wrong_command.err == (
        "cloudnet-manage network create: unrecognized arguments: --fixed-rnage-v4 10.0.0.0/8; "
        "did you mean --fixed-range-v4 or --fixed-range-v6?; "
        "see `cloudnet-manage network create --help`\n"
    )
    assert wrong_program.err == (
        "cloudnet-manage: unrecognized arguments: --confg-file; did you mean --config-file?; "
        "see `cloudnet-manage --help`\n"
    )


@pytest.mark.parametrize("command", ["network set x", "quota set a"])
def test_a_change_of_nothing_is_wrong_usage(bare: Manage, command: str) -> None:
    answer = bare(*command.split())

    assert (answer.status, answer.out) == (2, "")
    [line] = answer.err.splitlines()
    assert line.startswith(f"cloudnet-manage {' '.join(command.split()[:2])}: nothing to set: ")


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        (
            "",
            (
                "complete db dns fixed floating help host instance network operation quota usage "
                "version"
            ),
        ),
        ("network s", "set show"),
        ("help network s", "set show"),
        ("--config-file FILE network show ", "10.0.0.0/22 private"),
        ("--config-file FILE network list --project-id ", "shop"),
        ("--config-file FILE instance allocate UUID --host ", "node1"),
        ("network create --topology=f", "--topology=flat --topology=flatdhcp"),
        ("network create --topology = f", "flat flatdhcp"),
        ("network list -f ", "csv json table value yaml"),
        ("network list -c d", "dhcp_start dns1 dns2"),
        ("network set x --dns", "--dns1 --dns2"),
        ("--c", "--config-file"),
    ],
)
def test_words_are_completed(manage: Manage, words: str, candidates: str) -> None:
    manage.done("network", "create", "--label", "private", "--project-id", "shop")
    both = manage.files[1].with_name("both.conf")
    both.write_text("".join(file.read_text() for file in manage.files))
    manage.files.clear()

    answer = manage("complete", "--words", *words.replace("FILE", str(both)).split(" "))

    assert (answer.status, answer.err, answer.out.split()) == (0, "", candidates.split())


def test_the_name_of_a_file_is_completed_by_the_shell(bare: Manage) -> None:
    bare.files.clear()

    assert bare("complete", "--words", "--config-file", "/etc/n").status == 3


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed_for_each_shell(bare: Manage, shell: str) -> None:
    assert "complete --words" in bare.done("complete", "--shell", shell).out


def test_a_change_whose_output_is_lost_is_made_and_ends_with_status_1(
    manage: Manage, tmp_path: Path
) -> None:
    files = [word for file in manage.files for word in ("--config-file", str(file))]
    program = [sys.executable, "-m", "cloudnet.controller.manage", *files]

    with Path("/dev/full").open("w") as full:
        lost = subprocess.run(
            [*program, "network", "create", "--label", "x"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert lost.returncode == 1
    assert lost.stderr == "cloudnet-manage: cannot write the output: No space left on device\n"
    assert manage.done("network", "list", "-f", "value", "-c", "label").out == "x\n"
