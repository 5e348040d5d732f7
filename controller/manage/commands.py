"""Which commands there are and where; each is imported when it is asked for."""

from __future__ import annotations

from importlib.metadata import EntryPoint

from cliff.command import Command
from cliff.commandmanager import CommandManager

_HERE = "cloudnet.controller.manage"

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


class Exactly(CommandManager):
    """Knows commands by their whole names: a slip must not run another one."""

    def find_command(self, argv: list[str]) -> tuple[type[Command], str, list[str]]:
        """Return the command that the first words name, its name and the other words.

        :raises ValueError: they name none
        """
        found = super().find_command(argv)
        if found[1] not in self.commands:
            raise ValueError(f"{found[1]} is a part of a name")
        return found


def manager() -> CommandManager:
    """Return cliff's manager with all commands, none of them imported yet."""
    known = Exactly()
    for name, place in COMMANDS.items():
        known.commands[name] = EntryPoint(name, f"{_HERE}.{place}", "cloudnet.manage")
    return known
