"""Visit a running cloud through its door: run a command there, or sit at a guest's console."""

import contextlib
import json
import os
import selectors
import socket
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

LEAVE = b"\x1d"
"""Ctrl-], as `virsh console` has it."""


def visit(door: Path, request: dict[str, object], *, raw: bool = False, greeting: str = "") -> int:
    """Ask for a command or a console, be its terminal, and return its exit status.

    With `raw` every key goes through, Ctrl-C too; Ctrl-] leaves. The greeting is shown once the
    wish is granted.
    """
    with socket.socket(socket.AF_UNIX) as connection, contextlib.ExitStack() as stack:
        connection.connect(str(door))
        _say(connection, request)

        def begin() -> None:
            if greeting:
                print(greeting, flush=True)
            if raw and sys.stdin.isatty():
                stack.enter_context(_raw_terminal())

        return _converse(connection, begin)


def _say(connection: socket.socket, message: dict[str, object]) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def _converse(connection: socket.socket, begin: Callable[[], None]) -> int:
    keyboard = sys.stdin.fileno()
    unread = b""
    with selectors.SelectSelector() as selector:  # the one that takes files and /dev/null
        selector.register(connection, selectors.EVENT_READ)
        selector.register(keyboard, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if keyboard in ready:
                typed = os.read(keyboard, 4096)
                if LEAVE in typed:
                    return 0
                if typed:
                    _say(connection, {"data": typed.decode(errors="replace")})
                else:
                    _say(connection, {"end": 1})
                    selector.unregister(keyboard)
            if connection.fileno() in ready:
                received = connection.recv(65536)
                if not received:
                    return 1
                *lines, unread = (unread + received).split(b"\n")
                for line in lines:
                    status = _show(json.loads(line), begin)
                    if status is not None:
                        return status


def _show(message: dict[str, object], begin: Callable[[], None]) -> int | None:
    """Show what the far end says; return the exit status once it comes."""
    match message:
        case {"exit": int(status)}:
            return status
        case {"granted": _}:
            begin()
        case {"data": str(text)}:
            sys.stdout.write(text)
            sys.stdout.flush()
    return None


@contextlib.contextmanager
def _raw_terminal() -> Iterator[None]:
    before = termios.tcgetattr(sys.stdin)
    tty.setraw(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
