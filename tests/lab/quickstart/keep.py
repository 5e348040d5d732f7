"""Keep a cloud up, without a terminal but with a control socket, until a signal ends it."""

import os
import shlex
import signal
import socket
import threading
from pathlib import Path

from tests.lab.cloud.cloud import Cloud
from tests.lab.machines.emulated import EmulatedGuest
from tests.lab.machines.host import Host
from tests.lab.machines.session import Process
from tests.lab.quickstart.attach import SOCKET_NAME
from tests.lab.quickstart.control_socket import Request, UnknownNameError, serve

CONSOLE_SHELL = "stty sane; setsid -c sh -i; stty -echo\n"


def keep(cloud: Cloud, peer: socket.socket) -> None:
    """Notify the process outside, which then ends, and serve clients until a signal arrives."""
    commands = _write_commands(cloud)

    def start_process(request: Request) -> Process:
        if "console" in request:
            return _open_console(cloud, request["console"])
        host = _find_host(cloud, request["host"])
        argv = [f"PATH={commands}:{os.environ['PATH']}", *request["argv"]]
        if "rows" in request:
            argv = _in_terminal(argv, request["rows"], request["columns"])
        return host.start("env", *argv)

    path = cloud.directory / SOCKET_NAME
    threading.Thread(target=serve, args=(path, start_process), daemon=True).start()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(null, descriptor)  # from now on nothing reads our output
    peer.send(b"kept")
    while True:
        signal.pause()


def _find_host(cloud: Cloud, name: str) -> Host:
    hosts: dict[str, Host] = {node.name: node for node in cloud.site.nodes}
    hosts |= {"controller": cloud.lab, "outside": cloud.outside}
    if name not in hosts:
        raise UnknownNameError(name, hosts)
    return hosts[name]


def _open_console(cloud: Cloud, name: str) -> Process:
    guests = {g.name: g for g in cloud.instances if isinstance(g, EmulatedGuest)}
    if name not in guests:
        raise UnknownNameError(name, guests)
    console = guests[name].process
    console.write(CONSOLE_SHELL)
    return console


def _write_commands(cloud: Cloud) -> Path:
    """Create a directory with a cloudnet-manage that uses this cloud's configuration."""
    directory = cloud.directory / "bin"
    directory.mkdir()
    command = directory / "cloudnet-manage"
    argv = cloud.program("cloudnet-manage").argv()
    command.write_text(f'#!/bin/sh\nexec {shlex.join(argv)} "$@"\n')
    command.chmod(0o755)
    return directory


def _in_terminal(argv: list[str], rows: int, columns: int) -> list[str]:
    """Return arguments of `env` that run a command in a terminal of its own."""
    sized = f"stty rows {rows} columns {columns}; exec env {shlex.join(argv)}"
    return ["script", "-qfec", f"sh -c {shlex.quote(sized)}", os.devnull]
