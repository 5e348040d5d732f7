"""The quickstart's process outside of the isolation: it starts demo.py, attaches to it, cleans up.

demo.py is the process inside. A socket connects the two: demo.py sends "kept" once the cloud is to
stay up, and takes everything down when this process ends before. This process installs what is
missing, so it uses the standard library only.
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
from tests.lab.quickstart.arguments import DEFAULT_DIRECTORY, parse
from tests.lab.quickstart.attach import SOCKET_NAME, attach
from tests.lab.quickstart.claim import (
    ClaimedError,
    UnusableError,
    check,
    claim,
    is_claimed,
    is_marked,
    remove,
)

TOP = Path(__file__).parents[3]
VENV = TOP / ".venv"
PID_FILE = "demo.pid"

KEPT_HELP = """\
The cloud stays up. To use it:
  {command} --run cloudnet-manage network list    (any command, on the controller's host)
  {command} --shell node1                         (or node2, outside, controller)
  {command} --console vm1                         (or vm2, vm3; Ctrl-] detaches)
  less {directory}/*.log
  {command} --down                                (takes the cloud down)
"""


def main(argv: list[str]) -> int:
    """Do what the command line requests; return the exit status."""
    arguments = parse(argv)
    directory: Path = arguments.directory.resolve()
    if os.geteuid() != 0:
        return _fail("root is needed to create a cloud: sudo tools/quickstart")
    if arguments.down:
        return take_down(directory)
    if arguments.run or arguments.shell or arguments.console:
        return attach_to_cloud(directory, arguments)
    return build(directory, arguments)


def build(directory: Path, arguments: argparse.Namespace) -> int:
    """Bring up a cloud and show it, unless the machine or the directory does not allow it."""
    is_installed = shutil.which("ip") is not None
    if arguments.form == "namespaces" and is_installed and not has_dot1q():
        return _fail("--form namespaces: this kernel has no 802.1Q; try modprobe 8021q")
    try:
        check(directory)
        if Path(sys.prefix) != VENV:  # a program that runs in .venv has installed it
            status = install()
            if status != 0:
                return status
        lock = claim(directory)
    except ClaimedError:
        return _fail("a cloud is up already or starting; tools/quickstart --down takes it down")
    except UnusableError as error:
        return _fail(f"--directory: {error}")
    return run_demo(directory, lock, arguments)


def _fail(why: str) -> int:
    print(f"quickstart: {why}", file=sys.stderr)
    return 1


def install() -> int:
    """Run tools/install, which prints its own errors; return its exit status."""
    # A session of its own: an interrupt reaches each of its processes exactly once.
    with subprocess.Popen([TOP / "tools/install"], start_new_session=True) as process:
        _on_interrupt(lambda *_: os.killpg(process.pid, signal.SIGINT))
        status = process.wait()
        _on_interrupt(signal.default_int_handler)
    return status


def _on_interrupt(handler: Callable[[int, FrameType | None], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def run_demo(directory: Path, lock: int, arguments: argparse.Namespace) -> int:
    """Run demo.py in an isolation, copy its output, and return its exit status."""
    ours, theirs = socket.socketpair()
    demo = _start_demo(directory, (lock, theirs.fileno()), arguments)
    os.close(lock)
    theirs.close()
    assert demo.stdout is not None
    (directory / PID_FILE).write_text(str(demo.pid))
    _on_interrupt(lambda *_: demo.send_signal(signal.SIGTERM))
    reader = threading.Thread(target=_copy, args=(demo.stdout,), daemon=True)
    reader.start()
    if ours.recv(16) == b"kept":
        ours.send(b"k")
        command = "tools/quickstart"
        if directory != DEFAULT_DIRECTORY:
            command += f" --directory {shlex.quote(str(directory))}"
        print(KEPT_HELP.format(command=command, directory=directory))
        print("cloud: ok")
        return 0
    status = demo.wait()
    reader.join()
    remove(directory)
    print("cloud: ok" if status == 0 else "cloud: not ok")
    return status


def _start_demo(
    directory: Path, descriptors: tuple[int, int], arguments: argparse.Namespace
) -> "subprocess.Popen[bytes]":
    """Start demo.py; `descriptors` are the lock and its end of the socket."""
    options = [f"--directory={directory}", f"--socket={descriptors[1]}"]
    options += [f"--form={arguments.form}"] if arguments.form else []
    options += ["--keep"] if arguments.keep else []
    return subprocess.Popen(
        [TOP / "tools/isolated", VENV / "bin/python", "-m", "tests.lab.quickstart.demo", *options],
        cwd=TOP,
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,  # not our own, which a kept cloud would keep open
        stderr=subprocess.STDOUT,
        # Not in the terminal's process group: only we get Ctrl-C, and pass it on once.
        start_new_session=True,
    )


def _copy(output: IO[bytes]) -> None:
    for line in output:
        sys.stdout.buffer.write(line)
        sys.stdout.flush()


def take_down(directory: Path) -> int:
    """End a cloud that was kept, and remove its directory."""
    if not is_marked(directory):
        print("no cloud is up")
        return 0

    def is_gone() -> bool:
        if is_claimed(directory):
            _terminate(directory / PID_FILE)
        return remove(directory)

    try:
        wait_for(is_gone, "the cloud's end", timeout=60, pause=0.5)
    except TimedOutError as error:
        return _fail(str(error))
    print("cloud: down")
    return 0


def _terminate(pid_file: Path) -> None:
    """Send SIGTERM to the demo, which ignores further signals once it is ending."""
    # The file may not exist yet, or the process no longer: the caller tries again.
    with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
        os.kill(int(pid_file.read_text()), signal.SIGTERM)


def attach_to_cloud(directory: Path, arguments: argparse.Namespace) -> int:
    """Run a command, a shell or a console in a cloud that was kept."""
    socket_path = directory / SOCKET_NAME
    if not socket_path.exists():
        return _fail("no cloud was kept; tools/quickstart --keep brings one up")
    try:
        return _attach(socket_path, arguments)
    except ConnectionRefusedError:
        return _fail("the kept cloud has ended; tools/quickstart --down removes its files")


def _attach(socket_path: Path, arguments: argparse.Namespace) -> int:
    if arguments.console:
        greeting = "press Enter for a prompt, Ctrl-] to detach"
        return attach(socket_path, {"console": arguments.console}, raw=True, greeting=greeting)
    if arguments.run:
        return attach(socket_path, {"host": "controller", "argv": arguments.run})
    if not sys.stdin.isatty():  # without a terminal, which would not pass on the end of the input
        return attach(socket_path, {"host": arguments.shell, "argv": ["bash"]})
    columns, rows = shutil.get_terminal_size()
    request = {"host": arguments.shell, "argv": ["bash"], "rows": rows, "columns": columns}
    return attach(socket_path, request, raw=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
