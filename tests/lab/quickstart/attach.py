"""Attach to a kept cloud through its control socket: run a command, or open a guest's console."""

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

SOCKET_NAME = "control.sock"
"""The control socket in the directory of a cloud."""
DETACH_KEY = b"\x1d"
"""Ctrl-], as in `virsh console`."""


def attach(
    socket_path: Path, request: dict[str, object], *, raw: bool = False, greeting: str = ""
) -> int:
    """Connect this terminal to a command or a console, and return the exit status.

    With `raw` every key is passed on, Ctrl-C included; Ctrl-] detaches. The greeting is printed
    once the command has been started.
    """
    with socket.socket(socket.AF_UNIX) as connection, contextlib.ExitStack() as stack:
        connection.connect(str(socket_path))
        _send(connection, request)

        def begin() -> None:
            if greeting:
                print(greeting, flush=True)
            if raw and sys.stdin.isatty():
                stack.enter_context(_raw_terminal())

        return relay(connection, sys.stdin.fileno(), begin)


def _send(connection: socket.socket, message: dict[str, object]) -> None:
    # The cloud may have closed the connection; its last messages can still be read.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(json.dumps(message).encode() + b"\n")


def relay(connection: socket.socket, keyboard: int, begin: Callable[[], None]) -> int:
    """Pass input from the keyboard and print output until the exit status arrives; return it."""
    unread = b""
    with selectors.SelectSelector() as selector:  # the only one that takes files and /dev/null
        selector.register(connection, selectors.EVENT_READ)
        selector.register(keyboard, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if keyboard in ready:
                typed = os.read(keyboard, 4096)
                if DETACH_KEY in typed:
                    return 0
                if typed:
                    _send(connection, {"data": typed.decode(errors="replace")})
                else:
                    _send(connection, {"end": 1})
                    selector.unregister(keyboard)
            if connection.fileno() in ready:
                received = connection.recv(65536)
                if not received:
                    return 1
                *lines, unread = (unread + received).split(b"\n")
                for line in lines:
                    status = _print_message(json.loads(line), begin)
                    if status is not None:
                        return status


def _print_message(message: dict[str, object], begin: Callable[[], None]) -> int | None:
    """Print the output in a message; return the exit status if the message has it."""
    match message:
        case {"exit": int(status)}:
            return status
        case {"started": _}:
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
