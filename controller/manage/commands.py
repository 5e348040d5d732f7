"""Which commands there are and where; each is imported when it is asked for."""

from __future__ import annotations

from importlib.metadata import EntryPoint

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


def manager() -> CommandManager:
    """Return cliff's manager with all commands, none of them imported yet."""
    known = CommandManager()
    for name, place in COMMANDS.items():
        known.commands[name] = EntryPoint(name, f"{_HERE}.{place}", "cloudnet.manage")
    return known
