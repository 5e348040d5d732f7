"""A door into a running cloud: a socket through which commands run in its places.

`serve` is the cloud's side; visit.py is the visitor's. One visit is one command, or one look at a
guest's console. JSON lines both ways:

    in   {"place": "node1", "argv": […]}  or  {"console": "vm1"}, then {"data": "…"} or {"end": 1}
    out  {"granted": 1}, {"data": "…"}, at the end {"exit": 0}
"""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.lab.machines.session import LineLostError, Process

Wish = dict[str, Any]  # JSON
Find = Callable[[Wish], Process]


class NobodyError(Exception):
    """A wish names a place or a guest that there is not."""

    def __init__(self, name: str, there_are: Iterable[str]) -> None:
        names = ", ".join(sorted(there_are))
        super().__init__(f"there is no {name} in this cloud; there are {names}")


def serve(path: Path, find: Find) -> None:
    """Serve visitors for ever; `find` starts, or knows, the process that a wish is about."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
        while True:
            visitor, _ = listener.accept()
            threading.Thread(target=_receive, args=(visitor, find), daemon=True).start()


def _receive(visitor: socket.socket, find: Find) -> None:
    with visitor, visitor.makefile() as orders:
        request: Wish = json.loads(orders.readline())
        try:
            process = find(request)
        except NobodyError as error:
            _tell(visitor, {"data": f"{error}\n"})
            _tell(visitor, {"exit": 1})
            return
        _tell(visitor, {"granted": 1})
        lasting = "console" in request  # a guest goes on when its visitor has left
        unlisten = process.listen(lambda text: _tell(visitor, {"data": text}), replay=not lasting)
        threading.Thread(target=_tell_end, args=(visitor, process), daemon=True).start()
        try:
            for order in orders:
                _obey(process, json.loads(order))
        except (OSError, LineLostError):
            pass  # one of the two is gone, and with it the visit
        finally:
            unlisten()
            if not lasting:
                process.kill()


def _obey(process: Process, order: Wish) -> None:
    match order:
        case {"data": str(data)}:
            process.write(data)
        case {"end": _}:
            process.close_input()


def _tell_end(visitor: socket.socket, process: Process) -> None:
    with contextlib.suppress(LineLostError):
        _tell(visitor, {"exit": process.wait(threading.TIMEOUT_MAX)})


def _tell(visitor: socket.socket, message: Wish) -> None:
    """Tell the visitor; one that has left misses it."""
    with contextlib.suppress(OSError):
        visitor.sendall(json.dumps(message).encode() + b"\n")
