"""The quickstart's part on the machine's own side: starts the isolated part, tidies up after it.

showing.py is the isolated part. The two hold a socket between them: this one hears "kept" on it,
and that one takes everything down when this one is gone before. This one needs the standard library
only, because it is what installs the rest.
"""

import argparse
import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO

from tests.fixtures.waiting import TimedOutError, wait_for
from tests.lab.machines.dot1q import has_dot1q
from tests.lab.quickstart.arguments import HOME, parse
from tests.lab.quickstart.attach import visit
from tests.lab.quickstart.claim import (
    TakenError,
    UnfitError,
    check,
    is_ours,
    is_taken,
    remove,
    take,
)

TOP = Path(__file__).parents[3]
VENV = TOP / ".venv"
HOLDER = "holder.pid"
DOOR = "door"

LOOK_AROUND = """\
The cloud stays. To look around:
  {command} --run cloudnet-manage network list    (any command, on the controller's host)
  {command} --shell node1                         (or node2, outside, controller)
  {command} --console vm1                         (or vm2, vm3; Ctrl-] leaves)
  less {directory}/*.log
  {command} --down                                (when you have seen enough)
"""


def main(argv: list[str]) -> int:
    """Do what the command line wants; return the exit status."""
    wanted = parse(argv)
    directory: Path = wanted.directory.resolve()
    if os.geteuid() != 0:
        return _refuse("making a cloud needs root: sudo tools/quickstart")
    if wanted.down:
        return take_down(directory)
    if wanted.run or wanted.shell or wanted.console:
        return look_around(directory, wanted)
    return build(directory, wanted)


def build(directory: Path, wanted: argparse.Namespace) -> int:
    """Bring a cloud up and show it, unless something speaks against it."""
    can_try = shutil.which("ip") is not None  # else it is yet to be installed
    if wanted.form == "namespaces" and can_try and not has_dot1q():
        return _refuse("--form namespaces: this kernel has no 802.1Q; try modprobe 8021q")
    try:
        check(directory)
        if Path(sys.prefix) != VENV:  # whoever runs in it has installed it
            status = install()
            if status != 0:
                return status
        lock = take(directory)
    except TakenError:
        return _refuse("a cloud is up already or on its way; tools/quickstart --down takes it down")
    except UnfitError as error:
        return _refuse(f"--directory: {error}")
    return show(directory, lock, wanted)


def _refuse(why: str) -> int:
    print(f"quickstart: {why}", file=sys.stderr)
    return 1


def install() -> int:
    """Get what is missing; return 0, or what tools/install has come to and said."""
    # A session of its own, whose every process hears of an interrupt, once, however it came.
    with subprocess.Popen([TOP / "tools/install"], start_new_session=True) as process:
        _on_interrupt(lambda *_: os.killpg(process.pid, signal.SIGINT))
        status = process.wait()
        _on_interrupt(signal.default_int_handler)
    return status


def _on_interrupt(do: Callable[[int, FrameType | None], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, do)


def show(directory: Path, lock: int, wanted: argparse.Namespace) -> int:
    """Run the isolated part and pass on what it says and comes to."""
    ours, theirs = socket.socketpair()
    words = [f"--directory={directory}", f"--other-end={theirs.fileno()}"]
    words += [f"--form={wanted.form}"] if wanted.form else []
    words += ["--keep"] if wanted.keep else []
    holder = subprocess.Popen(
        [TOP / "tools/isolated", VENV / "bin/python", "-m", "tests.lab.quickstart.demo", *words],
        cwd=TOP,
        pass_fds=(lock, theirs.fileno()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,  # not our own, which a cloud that stays would keep open
        stderr=subprocess.STDOUT,
        # Not in the terminal's group: Ctrl-C comes to us alone, and is passed on once.
        start_new_session=True,
    )
    os.close(lock)
    theirs.close()
    assert holder.stdout is not None
    (directory / HOLDER).write_text(str(holder.pid))
    _on_interrupt(lambda *_: holder.send_signal(signal.SIGTERM))
    reader = threading.Thread(target=_copy, args=(holder.stdout,), daemon=True)
    reader.start()
    if ours.recv(16) == b"kept":
        ours.send(b"k")
        command = "tools/quickstart" + (
            "" if directory == HOME else f" --directory {shlex.quote(str(directory))}"
        )
        print(LOOK_AROUND.format(command=command, directory=directory))
        print("cloud: ok")
        return 0
    status = holder.wait()
    reader.join()
    remove(directory)
    print("cloud: ok" if status == 0 else "cloud: not ok")
    return status


def _copy(said: IO[bytes]) -> None:
    for line in said:
        sys.stdout.buffer.write(line)
        sys.stdout.flush()


def take_down(directory: Path) -> int:
    """End the cloud that was kept, and remove what is left of it."""
    if not is_ours(directory):
        print("no cloud is up")
        return 0

    def is_gone() -> bool:
        if is_taken(directory):
            _ask_to_end(directory / HOLDER)
        return remove(directory)

    try:
        wait_for(is_gone, "the cloud's end", timeout=60, pause=0.5)
    except TimedOutError as error:
        return _refuse(str(error))
    print("cloud: down")
    return 0


def _ask_to_end(holder: Path) -> None:
    """Send the process that holds the cloud a signal; one that has begun to end hears no other."""
    # Not there yet, or gone by now: the caller looks again.
    with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
        os.kill(int(holder.read_text()), signal.SIGTERM)


def look_around(directory: Path, wanted: argparse.Namespace) -> int:
    """Run a command, a shell or a console in the cloud that was kept."""
    door = directory / DOOR
    if not door.exists():
        return _refuse("no cloud was kept; tools/quickstart --keep brings one up")
    try:
        return _look_around(door, wanted)
    except ConnectionRefusedError:
        return _refuse("the cloud that was kept has ended; tools/quickstart --down tidies up")


def _look_around(door: Path, wanted: argparse.Namespace) -> int:
    if wanted.console:
        greeting = "Enter brings a prompt, Ctrl-] leaves"
        return visit(door, {"console": wanted.console}, raw=True, greeting=greeting)
    if wanted.run:
        return visit(door, {"place": "controller", "argv": wanted.run})
    if not sys.stdin.isatty():  # without a terminal in between, which would not pass on the end
        return visit(door, {"place": wanted.shell, "argv": ["bash"]})
    columns, rows = shutil.get_terminal_size()
    request = {"place": wanted.shell, "argv": ["bash"], "rows": rows, "columns": columns}
    return visit(door, request, raw=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
