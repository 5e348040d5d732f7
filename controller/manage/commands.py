"""The table of commands; the module of a command is imported when the command is looked up.

The places are strings because cliff loads commands from entry points: ``EntryPoint.load`` is its
only hook to import a command late.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint

from cliff.command import Command
from cliff.commandmanager import CommandManager

_PACKAGE = "cloudnet.controller.manage"

COMMANDS = {
    "db check": "db:Check",
    "db sync": "db:Sync",
    "db version": "db:Version",
    "fixed history": "fixed:History",
    "fixed list": "fixed:List",
    "fixed reserve": "fixed:Reserve",
    "fixed unreserve": "fixed:Unreserve",
    "floating allocate": "floating:Allocate",
    "floating associate": "floating:Associate",
    "floating create": "floating:Create",
    "floating delete": "floating:Delete",
    "floating disassociate": "floating:Disassociate",
    "floating list": "floating:List",
    "floating release": "floating:Release",
    "host list": "host:List",
    "host show": "host:Show",
    "instance allocate": "instance:Allocate",
    "instance deallocate": "instance:Deallocate",
    "instance show": "instance:Show",
    "network associate": "network:Associate",
    "network create": "network:Create",
    "network delete": "network:Delete",
    "network disassociate": "network:Disassociate",
    "network list": "network:List",
    "network set": "network:Set",
    "network show": "network:Show",
    "quota set": "quota:Set",
    "quota show": "quota:Show",
    "usage": "usage:Usage",
    "version": "version:Version",
}


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
