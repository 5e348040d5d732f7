"""Run a command in namespaces of its own, so that whatever it makes is gone when it ends.

Network, mounts, processes, host name and System V IPC are private: bridges, taps, named namespaces,
daemons and virtual machines started inside cannot outlive the command, not even when everything is
killed with SIGKILL, and nothing inside can touch the machine's own network. Used through
`tools/isolated`; needs root and nothing but the standard library, because it also runs before the
project is installed.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

MARK = Path("/run/cloudnet-isolation")
"""Names the isolation's network namespace. It lives on the private /run, so it cannot leak to the
machine."""

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
PR_SET_PDEATHSIG = 1
SI_KERNEL = 0x80
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

_libc = ctypes.CDLL(None, use_errno=True)


def is_isolated() -> bool:
    """Say whether this process is inside an isolation (and has not wandered to another
    namespace)."""
    try:
        return MARK.read_text() == _own_network()
    except OSError:
        return False


def _own_network() -> str:
    return str(Path("/proc/self/ns/net").readlink())


def _call(name: str, *arguments: int) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _sh(*argv: str) -> None:
    subprocess.run(argv, check=True)


def _furnish() -> None:
    """Give the new namespaces what programs expect to find: their own /proc, /sys, /run, /dev/shm
    and loopback."""
    _sh("mount", "--make-rprivate", "/")
    _sh("mount", "-t", "proc", "proc", "/proc")
    _sh("mount", "-t", "sysfs", "sysfs", "/sys")
    _sh("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    # The nodes' memory lives in /dev/shm; a container's usual 64 MiB there would not hold it.
    _sh("mount", "-t", "tmpfs", "-o", "mode=1777,size=80%", "tmpfs", "/dev/shm")  # noqa: S108 - private
    for directory in ("/run/netns", "/run/lock"):
        Path(directory).mkdir()
    _sh("ip", "link", "set", "lo", "up")
    MARK.write_text(_own_network())


def _watch(child: int, *, only: bool) -> int:
    """Wait for the child, passing signals on to it; with `only=False` reap everybody else's orphans
    too.

    A Ctrl-C is sent by the terminal to all of us at once; passing it on would interrupt the command
    a second time, in the middle of its clean-up. So only signals that a process sent are passed on.
    """
    while True:
        info = signal.sigwaitinfo({signal.SIGCHLD, *PASSED_ON})
        if info.si_signo != signal.SIGCHLD:
            if info.si_code != SI_KERNEL:
                os.kill(child, info.si_signo)
            continue
        while True:
            try:
                pid, status = os.waitpid(child if only else -1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == child:
                return os.waitstatus_to_exitcode(status)
            if pid == 0:
                break


def _fork(role: Callable[[], NoReturn]) -> int:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, *PASSED_ON})
    child = os.fork()
    if child == 0:
        try:
            _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            role()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"isolated: {error}", file=sys.stderr)
        os._exit(125)
    return child


def _init(argv: list[str]) -> NoReturn:
    """Be process 1 of the isolation: furnish it, start the command, reap orphans, end with the
    command."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD, *PASSED_ON})
    _furnish()
    command = _fork(lambda: _command(argv))
    os._exit(_exit_code(_watch(command, only=False)))


def _command(argv: list[str]) -> NoReturn:
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - there is no shell between us and the command
    except OSError as error:
        print(f"isolated: {argv[0]}: {error.strerror}", file=sys.stderr)
        os._exit(127 if isinstance(error, FileNotFoundError) else 126)


def _exit_code(status: int) -> int:
    return 128 - status if status < 0 else status


def main(argv: list[str]) -> int:
    """Run `argv` isolated and return its exit status, as a shell would."""
    if not argv or argv[0] in {"-h", "--help"}:
        print("usage: tools/isolated COMMAND [ARGUMENT…]", file=sys.stderr)
        return 2
    if os.geteuid() != 0:
        print("isolated: making namespaces needs root; run it with sudo", file=sys.stderr)
        return 1
    _call("unshare", CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC)
    return _exit_code(_watch(_fork(lambda: _init(argv)), only=True))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
