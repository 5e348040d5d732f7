"""Keep a cloud that was shown: no terminal any more, but a door, until somebody ends it."""

import os
import shlex
import signal
import socket
import threading
from pathlib import Path

from tests.lab.cloud.cloud import Cloud
from tests.lab.machines.emulated import EmulatedGuest
from tests.lab.machines.host import Place
from tests.lab.machines.session import Process
from tests.lab.quickstart.control_socket import NobodyError, Wish, serve

DOOR = "door"
CONSOLE_SHELL = "stty sane; setsid -c sh -i; stty -echo\n"


def keep(cloud: Cloud, other_end: socket.socket) -> None:
    """Tell the other end, which then leaves, and serve visitors until a signal ends it."""
    commands = _commands(cloud)

    def find(request: Wish) -> Process:
        if "console" in request:
            return _console(cloud, request["console"])
        place = _place(cloud, request["place"])
        argv = [f"PATH={commands}:{os.environ['PATH']}", *request["argv"]]
        if "rows" in request:
            argv = _in_terminal(argv, request["rows"], request["columns"])
        return place.start("env", *argv)

    door = cloud.directory / DOOR
    threading.Thread(target=serve, args=(door, find), daemon=True).start()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(nothing, descriptor)  # nobody reads what we say from now on
    other_end.send(b"kept")
    while True:
        signal.pause()


def _place(cloud: Cloud, name: str) -> Place:
    places: dict[str, Place] = {node.name: node for node in cloud.site.nodes}
    places |= {"controller": cloud.lab, "outside": cloud.outside}
    if name not in places:
        raise NobodyError(name, places)
    return places[name]


def _console(cloud: Cloud, name: str) -> Process:
    guests = {g.name: g for g in cloud.instances if isinstance(g, EmulatedGuest)}
    if name not in guests:
        raise NobodyError(name, guests)
    console = guests[name].process
    console.write(CONSOLE_SHELL)
    return console


def _commands(cloud: Cloud) -> Path:
    """Make a directory with a cloudnet-manage that knows this cloud's configuration."""
    directory = cloud.directory / "bin"
    directory.mkdir()
    command = directory / "cloudnet-manage"
    argv = cloud.program("cloudnet-manage").argv()
    command.write_text(f'#!/bin/sh\nexec {shlex.join(argv)} "$@"\n')
    command.chmod(0o755)
    return directory


def _in_terminal(argv: list[str], rows: int, columns: int) -> list[str]:
    """Return the words that give a command a terminal of its own."""
    sized = f"stty rows {rows} columns {columns}; exec env {shlex.join(argv)}"
    return ["script", "-qfec", f"sh -c {shlex.quote(sized)}", os.devnull]
