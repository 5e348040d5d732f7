"""The name server of this host: its process and the file of its names.

Like the networks' dnsmasqs it detaches from the agent and outlives it. An agent with no memory
finds it by its pid file, or by its environment, once among all processes.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cloudnet.agent.drivers.dnsmasq.inotify_limit import InotifyLimit
from cloudnet.agent.drivers.dnsmasq.permissions import find_closed, refuse_closed
from cloudnet.agent.drivers.dnsmasq.process_table import (
    PID_FILE,
    PROGRAM,
    read_pid_file,
    replace_pid_file,
)
from cloudnet.agent.drivers.dnsmasq.processes import (
    Process,
    get_environment,
    is_stopped,
    list_processes_with,
    refresh,
    send,
    stop,
)
from cloudnet.agent.drivers.dnsmasq.reloaded_file import ReloadedFile
from cloudnet.agent.drivers.dnsmasq.start import ENDED_EARLY, find_complaint, start
from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.name_server import NameServer, NameServerFiles
from cloudnet.common.errors import KernelRefused

NOT_RUNNING = "not running"
ENVIRONMENT = {"CLOUDNET_NAME_SERVER": "1"}  # how it is found, whatever networks_path was then


class NameServerDriver(Driver[NameServer]):
    """Reads, starts, reloads and ends the :class:`NameServer`."""

    kinds = (NameServer,)

    def __init__(
        self, networks_path: Path, follow: Callable[[Iterable[Process]], None] = lambda _: None
    ) -> None:
        """:param follow: called with a process whose end matters"""
        files = NameServerFiles.of(networks_path)
        self._pid_file = files.pid
        self._names = ReloadedFile(files.names)
        self._follow = follow
        self._limit = InotifyLimit()
        self._running: tuple[Process, ...] = ()
        self._is_searched = False

    def read(self, links: LinkTable) -> Iterator[NameServer]:
        """Yield the name server, also what is left of one that does not run."""
        running, text = self._find(), self._names.read()
        if running or text is not None:
            yield NameServer(
                running[0].arguments if running else (),
                text or "",
                tuple(self._list_faults(running, text)),
            )

    def ensure(self, desired: NameServer, actual: NameServer | None) -> None:
        """Make one name server run with these arguments and these names."""
        refuse_closed(self._names.path.parent.parent)
        self._names.write(desired.names)
        running = self._find()
        for process in filter(is_stopped, running):
            send(process, signal.SIGCONT)
        if len(running) != 1 or running[0].arguments != desired.arguments:
            self._replace(desired, running)
        elif self._names.is_reload_due:
            send(running[0], signal.SIGHUP)
        self._names.confirm()
        self._restore_pid_file()

    def remove(self, actual: NameServer) -> None:
        """End the process and remove its files."""
        self._stop(self._find())
        self._pid_file.unlink(missing_ok=True)
        self._names.remove()

    def has_drifted(self) -> bool:
        """Return whether the process has ended, or another program changed the file."""
        return self._names.has_changed() or any(refresh(each) is None for each in self._running)

    def _find(self) -> tuple[Process, ...]:
        """Return the processes, which are several only by mistake."""
        found = {each for each in self._running if refresh(each) is not None}
        if not self._is_searched:
            found.update(
                each
                for each in list_processes_with(PROGRAM, PID_FILE)
                if get_environment(each).items() >= ENVIRONMENT.items()
            )
            self._is_searched = True
        named = read_pid_file(self._pid_file, frozenset(found))
        if named is not None:
            found.add(named)
        fresh = found.difference(self._running)
        if fresh:
            self._follow(fresh)
        self._running = tuple(sorted(found, key=lambda process: process.pid))
        return self._running

    def _restore_pid_file(self) -> None:
        """Write the pid file again if it does not name the process; others rely on it."""
        (process,) = self._running
        if read_pid_file(self._pid_file, frozenset(self._running)) != process:
            replace_pid_file(self._pid_file, process)

    def _list_faults(self, running: tuple[Process, ...], text: str | None) -> Iterator[str]:
        if not running:
            yield NOT_RUNNING
        elif len(running) > 1:
            yield f"running {len(running)} times"
        elif is_stopped(running[0]):
            yield "stopped"
        elif read_pid_file(self._pid_file, frozenset(running)) is None:
            yield "pid file lost"
        closed = find_closed(self._names.path.parent)
        if closed is not None:
            yield f"dnsmasq cannot read {closed}"
        if text is None:
            yield "hosts file lost"
        elif self._names.is_reload_due:
            yield "not reloaded"

    def _replace(self, desired: NameServer, running: tuple[Process, ...]) -> None:
        if running:
            self._refuse(desired, find_complaint(desired.arguments, ("--test",), ENVIRONMENT))
        self._stop(running)
        self._pid_file.unlink(missing_ok=True)
        self._refuse(desired, start(f"{desired}", desired.arguments, ENVIRONMENT, self._limit))
        if not self._find():
            raise KernelRefused(f"{desired}: {ENDED_EARLY}")

    @staticmethod
    def _refuse(desired: NameServer, complaint: str | None) -> None:
        if complaint is None:
            return
        if "in use" in complaint:
            remedy = "find the program that uses it by `ss -lunp`, or choose another dns_port"
        else:
            remedy = "see dns_server and `cloudnet-manage dns list-domains`"
        raise KernelRefused(f"{desired}: {complaint}; {remedy}")

    def _stop(self, running: Iterable[Process]) -> None:
        for process in running:
            if not stop(process):
                raise KernelRefused(
                    f"name server, pid {process.pid}, does not end; see `ps {process.pid}`"
                )
