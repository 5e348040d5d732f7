"""The control socket of a kept cloud: clients run commands on its hosts through it.

This is the cloud's side; attach.py is the client's. A connection is for one command or for one
console of a guest. JSON lines in both directions:

    in   {"host": "node1", "argv": […]}  or  {"console": "vm1"}, then {"data": "…"} or {"end": 1}
    out  {"started": 1}, {"data": "…"}, at the end {"exit": 0}
"""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.lab.machines.session import Process, SessionLostError

Request = dict[str, Any]  # JSON
StartProcess = Callable[[Request], Process]


class UnknownNameError(Exception):
    """A request names a host or a guest that does not exist."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known))
        super().__init__(f"there is no {name} in this cloud; there are {names}")


def serve(path: Path, start_process: StartProcess) -> None:
    """Serve clients for ever; `start_process` starts the process of a request, or finds it."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
        while True:
            client, _ = listener.accept()
            threading.Thread(
                target=_serve_client, args=(client, start_process), daemon=True
            ).start()


def _serve_client(client: socket.socket, start_process: StartProcess) -> None:
    with client, client.makefile() as lines:
        request: Request = json.loads(lines.readline())
        try:
            process = start_process(request)
        except UnknownNameError as error:
            _send(client, {"data": f"{error}\n"})
            _send(client, {"exit": 1})
            return
        _send(client, {"started": 1})
        is_console = "console" in request  # a guest runs on when its client has left
        remove_listener = process.add_listener(
            lambda text: _send(client, {"data": text}), replay=not is_console
        )
        threading.Thread(target=_send_exit_status, args=(client, process), daemon=True).start()
        try:
            for line in lines:
                _execute(process, json.loads(line))
        except (OSError, SessionLostError):
            pass  # the client or the host is gone
        finally:
            remove_listener()
            if not is_console:
                process.kill()


def _execute(process: Process, order: Request) -> None:
    match order:
        case {"data": str(data)}:
            process.write(data)
        case {"end": _}:
            process.close_input()


def _send_exit_status(client: socket.socket, process: Process) -> None:
    with contextlib.suppress(SessionLostError):
        _send(client, {"exit": process.wait(threading.TIMEOUT_MAX)})


def _send(client: socket.socket, message: Request) -> None:
    """Send a message, unless the client has left."""
    with contextlib.suppress(OSError):
        client.sendall(json.dumps(message).encode() + b"\n")
