"""The dnsmasq processes of this host that cloudnet started, by bridge.

A dnsmasq detaches from the agent and outlives it. An agent with no memory finds it by its pid file,
and also by its arguments, once among all processes, in case that the pid file is lost. So it also
finds those of an agent with another ``networks_path``, by their environment. A pid counts only if
/proc shows the right process for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from cloudnet.agent.drivers.dnsmasq.processes import (
    Process,
    get_environment,
    is_in_our_network,
    is_program,
    list_processes_with,
    read_process,
    refresh,
)
from cloudnet.common.regular_file import read_regular, write_regular

Processes = frozenset[Process]
PROGRAM = "dnsmasq"
PID_FILE = "--pid-file="
NETWORK = "CLOUDNET_NETWORK"  # in the environment of each dnsmasq: the uuid of its network
NONE: Processes = frozenset()


class ProcessTable:
    """Reads the processes of all bridges at once, or those of one bridge."""

    def __init__(self, networks_path: Path, follow: Callable[[Iterable[Process]], None]) -> None:
        """:param follow: called with the processes that are found, and not since the last read"""
        self._path = networks_path
        self._follow = follow
        self._known: dict[str, Processes] | None = None  # None: not searched for yet
        self._named: dict[str, Process | None] = {}  # by the pid file of the bridge

    @property
    def is_read(self) -> bool:
        """Whether the processes were read; from then on, threads may read one bridge each."""
        return self._known is not None

    @property
    def known(self) -> Mapping[str, Processes]:
        """The processes that were last read; only bridges that have any."""
        return self._known or {}

    def read(self) -> Mapping[str, Processes]:
        """Read and return the processes that run or are ending."""
        bridges = {_bridge_of(file) for file in self._path.glob("nova-*.pid")}
        if self._known is None:
            self._known = self._search()
            self._follow(NONE.union(*self._known.values()))
        for bridge in bridges | self._known.keys():
            self.get(bridge)
        return self._known

    def get(self, bridge: str) -> Processes:
        """Read and return the processes of one bridge, which are several only by mistake."""
        if self._known is None:
            return self.read().get(bridge, NONE)
        before = self._known.get(bridge, NONE)
        alive = frozenset(filter(None, map(refresh, before)))
        by_file = self._named[bridge] = self.read_pid_file(bridge, alive)
        running = alive | {by_file} if by_file else alive
        if running:
            self._known[bridge] = running
        else:
            self._known.pop(bridge, None)
            self._named.pop(bridge, None)
        if not running <= before:
            self._follow(running - before)
        return running

    def read_pid_file(self, bridge: str, known: Processes = NONE) -> Process | None:
        """Return the process that the pid file names, if it is the one that wrote it.

        :param known: processes that are known to be right
        """
        return read_pid_file(self._path / f"nova-{bridge}.pid", known)

    def add_started(self, bridge: str, pid_file: Path) -> Processes:
        """Read and return the processes of a bridge for which one was started just now.

        :param pid_file: the new one's, which may be in another directory
        """
        before = self.get(bridge)
        started = read_pid_file(pid_file, before)
        if started is not None and started not in before and self._known is not None:
            self._known[bridge] = before | {started}
            self._follow({started})
        return self.get(bridge)

    def is_named(self, bridge: str, process: Process) -> bool:
        """Return whether the pid file of the bridge named the process when it was last read."""
        return self._named.get(bridge) == process

    def restore_pid_file(self, bridge: str, process: Process) -> None:
        """Write the pid file of a process again if it does not name it; others rely on it."""
        if not self.is_named(bridge, process):
            replace_pid_file(self._path / f"nova-{bridge}.pid", process)

    def _search(self) -> dict[str, Processes]:
        """Search all processes for ours."""
        found: dict[str, Processes] = {}
        for process in list_processes_with(PROGRAM, PID_FILE):
            file = get_pid_file(process.arguments)
            if file is None:
                continue
            is_ours = file.parent == self._path or NETWORK in get_environment(process)
            if is_ours and file.name.startswith("nova-"):
                bridge = _bridge_of(file)
                found[bridge] = found.get(bridge, NONE) | {process}
        return found


def get_pid_file(arguments: Iterable[str]) -> Path | None:
    """Return the pid file that the arguments of a dnsmasq name; None: they name none."""
    words = (word.removeprefix(PID_FILE) for word in arguments if word.startswith(PID_FILE))
    return next(map(Path, words), None)


def replace_pid_file(file: Path, process: Process) -> None:
    """Make a pid file name the process, whatever is at its path."""
    fresh = file.with_name(f".{file.name}.new")
    write_regular(fresh, f"{process.pid}\n")
    fresh.rename(file)


def read_pid_file(file: Path, known: Processes = NONE) -> Process | None:
    """Return the process that a pid file names, if it is the one that wrote it.

    :param known: processes that are known to be right
    """
    try:
        pid = int(read_regular(file))
    except (OSError, ValueError):  # none, a directory, or no number in it
        return None
    for process in known:
        if process.pid == pid:
            return process
    found = read_process(pid)
    if found is None or not is_program(found, PROGRAM):
        return None
    if f"{PID_FILE}{file}" in found.arguments and is_in_our_network(found):
        return found
    return None


def _bridge_of(file: Path) -> str:
    return file.name.removeprefix("nova-").removesuffix(".pid")
