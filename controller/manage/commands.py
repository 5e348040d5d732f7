"""Find commands; the module of a command is imported when the command is looked up.

cliff loads commands from entry points: ``EntryPoint.load`` is its only hook to import a command
late.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint

from cliff.command import Command
from cliff.commandmanager import CommandManager

from cloudnet.controller.manage.command_table import COMMANDS

_PACKAGE = "cloudnet.controller.manage"


class ExactCommandManager(CommandManager):
    """Finds commands by their full names only: an abbreviation must not run another command."""

    def find_command(self, argv: list[str]) -> tuple[type[Command], str, list[str]]:
        """Return the command that the first words name, its name and the remaining words.

        :raises ValueError: there is no such command
        """
        command, name, arguments = super().find_command(argv)
        if name not in self.commands:
            raise ValueError(f"{name} is an abbreviation")
        return command, name, arguments


def command_manager() -> CommandManager:
    """Return cliff's command manager with all commands, none of them imported yet."""
    manager = ExactCommandManager()
    for name, place in COMMANDS.items():
        manager.commands[name] = EntryPoint(name, f"{_PACKAGE}.{place}", "cloudnet.manage")
    return manager
