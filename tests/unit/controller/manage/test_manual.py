"""The manual page describes every command and every option."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from cloudnet.controller.manage.command_table import COMMANDS
from cloudnet.controller.manage.commands import command_manager
from cloudnet.controller.manage.main import ManageApp

PAGE = (Path(__file__).parents[4] / "docs/operators/cloudnet-manage.md").read_text()
CLIFF_OPTIONS = {  # described once, for all commands
    "--help", "--format", "--column", "--quote", "--noindent", "--max-width", "--fit-width",
    "--print-empty", "--sort-column", "--sort-ascending", "--sort-descending", "--prefix",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_manual_describes_the_command_and_its_options(name: str) -> None:
    command = command_manager().commands[name].load()(ManageApp(), None)
    parser: argparse.ArgumentParser = command.get_parser(name)

    assert re.search(rf"`{name}\b", PAGE)
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to ask
        options = {option for option in action.option_strings if option.startswith("--")}
        if options - CLIFF_OPTIONS and action.help != argparse.SUPPRESS:
            assert any(option in PAGE for option in options), options
