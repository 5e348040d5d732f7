"""The quickstart's part on the machine's own side: starts the isolated part and tidies up after it.

There is one cloud at a time. Its directory is locked for as long as anything of it lives; whatever
ends, however it ends, leaves a directory that the next one may take over.
"""

import argparse
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.lab.visit import visit

TOP = Path(__file__).parents[2]
DIRECTORY = Path("/var/lib/cloudnet-quickstart")
HOLDER = DIRECTORY / "holder.pid"
DOOR = DIRECTORY / "door"
DOWN_SECONDS = 60

LOOK_AROUND = """\
The cloud stays. To look around:
  tools/quickstart --run cloudnet-manage network list    (any command, on the controller's host)
  tools/quickstart --shell node1                         (node2, outside and controller too)
  tools/quickstart --console vm1                         (vm2 and vm3 too; Ctrl-] leaves)
  less {directory}/*.log
  tools/quickstart --down                                (when you have seen enough)
"""


class BusyError(Exception):
    """A cloud is up already."""


def main(argv: list[str]) -> int:
    """Do what the command line wants; return the exit status."""
    wanted = _parser().parse_args(argv)
    if os.geteuid() != 0:
        return _refuse("making a cloud needs root: sudo tools/quickstart")
    if wanted.down:
        return take_down()
    if wanted.run or wanted.shell or wanted.console:
        return look_around(wanted)
    try:
        lock = _take_directory()
    except BusyError:
        return _refuse(
            "a cloud is up already, or on its way; `tools/quickstart --down` takes it down"
        )
    return show(lock, wanted)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools/quickstart",
        description="Bring up the two-node cloud, show that it works, take it down.",
    )
    parser.add_argument("--keep", action="store_true", help="leave it up, to look around")
    parser.add_argument(
        "--form",
        choices=["kernels", "namespaces", "nested"],
        help="what nodes are: machines with kernels of their own, network namespaces, or "
        "namespaces inside one such machine (default: namespaces if this kernel has 802.1Q)",
    )
    parser.add_argument("--down", action="store_true", help="take down the cloud that was kept")
    parser.add_argument(
        "--run", nargs=argparse.REMAINDER, metavar="COMMAND", help="on the kept controller's host"
    )
    parser.add_argument("--shell", metavar="NODE", help="open a shell in a kept node")
    parser.add_argument("--console", metavar="GUEST", help="sit at a kept guest's console")
    return parser


def _refuse(why: str) -> int:
    print(f"quickstart: {why}", file=sys.stderr)
    return 1


# -- one at a time -----------------------------------------------------------------------------


def _take_directory() -> int:
    """Make the directory afresh and return its lock.

    The lock is on the directory itself, so it cannot outlive it.

    :raises BusyError: somebody has it
    """
    # Nodes keep their state below it, and a node's dnsmasq, an ordinary user, reads its own there.
    DIRECTORY.mkdir(mode=0o711, parents=True, exist_ok=True)
    lock = os.open(DIRECTORY, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BusyError from error
    _empty_directory()  # what a cloud that was killed has left
    return lock


def _is_locked() -> bool:
    try:
        lock = os.open(DIRECTORY, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _empty_directory() -> None:
    for entry in DIRECTORY.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


# -- showing -----------------------------------------------------------------------------------


def show(lock: int, wanted: argparse.Namespace) -> int:
    """Run the isolated part and pass on what it comes to."""
    ours, theirs = socket.socketpair()
    words = [f"--directory={DIRECTORY}", f"--other-end={theirs.fileno()}"]
    words += [f"--form={wanted.form}"] if wanted.form else []
    words += ["--keep"] if wanted.keep else []
    holder = subprocess.Popen(
        [TOP / "tools/isolated", sys.executable, "-m", "tests.lab.showing", *words],
        cwd=TOP,
        pass_fds=(lock, theirs.fileno()),
        # Not in the terminal's group: Ctrl-C comes to us alone, and is passed on once.
        start_new_session=True,
    )
    theirs.close()
    HOLDER.write_text(str(holder.pid))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: holder.send_signal(signal.SIGTERM))
    if ours.recv(16) == b"kept":
        ours.send(b"k")
        print(LOOK_AROUND.format(directory=DIRECTORY))
        print("cloud: ok")
        return 0
    status = holder.wait()
    shutil.rmtree(DIRECTORY)
    print("cloud: ok" if status == 0 else "cloud: not ok")
    return status


# -- a cloud that was kept ---------------------------------------------------------------------


def take_down() -> int:
    """End the cloud that was kept, and remove what is left of it."""
    if _is_locked():
        holder = int(HOLDER.read_text())
        print("taking everything down", flush=True)
        os.kill(holder, signal.SIGTERM)
        deadline = time.monotonic() + DOWN_SECONDS
        while _is_locked():
            if time.monotonic() > deadline:
                return _refuse(f"process {holder} did not end in {DOWN_SECONDS} s")
            time.sleep(0.1)
    elif not DIRECTORY.exists():
        print("no cloud is up")
        return 0
    shutil.rmtree(DIRECTORY)
    print("cloud: down")
    return 0


def look_around(wanted: argparse.Namespace) -> int:
    """Run a command, a shell or a console in the cloud that was kept."""
    if not DOOR.exists():
        return _refuse("no cloud was kept; `tools/quickstart --keep` brings one up")
    if wanted.console:
        print("Enter brings a prompt, Ctrl-] leaves", flush=True)
        return visit(DOOR, {"console": wanted.console}, raw=True)
    if wanted.run:
        return visit(DOOR, {"place": "controller", "argv": wanted.run})
    columns, rows = shutil.get_terminal_size()
    wish = {"place": wanted.shell, "argv": ["bash"], "rows": rows, "columns": columns}
    return visit(DOOR, wish, raw=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
