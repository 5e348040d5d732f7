"""The dnsmasq of each network: its process and its files.

dnsmasq detaches from the agent and outlives it; see :mod:`process_table` for how it is found again.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cloudnet.agent.drivers.dnsmasq.file_stamps import FileStamps
from cloudnet.agent.drivers.dnsmasq.host_files import HostFiles, Reaction
from cloudnet.agent.drivers.dnsmasq.inotify_limit import InotifyLimit
from cloudnet.agent.drivers.dnsmasq.lease_guard import LeaseGuard
from cloudnet.agent.drivers.dnsmasq.open_leases import OpenLeases
from cloudnet.agent.drivers.dnsmasq.permissions import find_closed, refuse_closed
from cloudnet.agent.drivers.dnsmasq.process_table import (
    NETWORK,
    NONE,
    Processes,
    ProcessTable,
    get_pid_file,
)
from cloudnet.agent.drivers.dnsmasq.processes import (
    Process,
    get_environment,
    is_stopped,
    send,
)
from cloudnet.agent.drivers.dnsmasq.refusals import Refusals
from cloudnet.agent.drivers.dnsmasq.replacement import (
    HOSTS_INODE,
    Replacement,
    build_environment,
    get_inode,
    is_bound,
    stop_all,
)
from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.dnsmasq import Arguments, Dnsmasq, DnsmasqFiles
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.common.errors import KernelRefused

STARTS_AT_ONCE = 4


class DnsmasqDriver(Driver[Dnsmasq]):
    """Reads, starts, reloads and ends :class:`Dnsmasq`."""

    kinds = (Dnsmasq,)

    def __init__(
        self,
        networks_path: Path,
        processes: ProcessTable,
        open_leases: OpenLeases,
        *,
        guard: LeaseGuard,
        release: Callable[[str, Iterable[Lease]], None] | None,
        limit: InotifyLimit | None = None,
    ) -> None:
        """:param release: releases leases of a bridge that no file shows; None: none is released"""
        self._path = networks_path
        self._processes = processes
        self._open_leases = open_leases
        self._guard = guard
        self._release = release
        self._refusals = Refusals()
        self._replacement = Replacement(
            processes, open_leases, limit or InotifyLimit(), self._refusals
        )
        self._stamps = FileStamps(networks_path)
        self._closed: Path | None = None  # the directory that keeps dnsmasq out, as last read

    def read(self, links: LinkTable) -> Iterator[Dnsmasq]:
        """Yield each dnsmasq, also what is left of one that does not run."""
        running = self._processes.read()
        self._open_leases.forget_others(NONE.union(*running.values()))
        self._guard.watch_only(running)
        bridges = sorted(running.keys() | self._list_bridges_with_files())
        self._stamps.take(bridges)
        self._closed = find_closed(self._path)
        indexes = {link.name: str(link.index) for link in links.links}
        for bridge in bridges:
            yield self._read_one(bridge, running.get(bridge, NONE), indexes.get(bridge))

    def ensure(self, desired: Dnsmasq, actual: Dnsmasq | None) -> None:
        """Make one dnsmasq run with these arguments and these files.

        It notices additions by itself; changes need a SIGHUP, other arguments a new process.
        """
        host_files = HostFiles(self._find_files(desired.bridge, desired.arguments))
        self._refuse_closed(host_files)
        try:
            reaction = host_files.write(desired.hosts, desired.options)
        except OSError as error:
            raise KernelRefused(f"{desired}: cannot write its files: {error}") from error
        running = self._processes.get(desired.bridge)
        for process in filter(is_stopped, running):
            send(process, signal.SIGCONT)
        serving = [each for each in running if len(running) == 1 and self._serves(each, desired)]
        if not serving or reaction is Reaction.RESTART:
            self._replace(desired, running, host_files)
        else:
            self._processes.restore_pid_file(desired.bridge, serving[0])
            if reaction is Reaction.RELOAD or self._guard.needs_reload(desired.bridge):
                self._reload(desired, serving[0], host_files)
        host_files.confirm()
        self._restore_leases(desired, desired.arguments)
        self._stamps.update(desired.bridge)
        for failure in host_files.failures:
            raise KernelRefused(f"{desired}: cannot write its files: {failure}") from failure

    def _refuse_closed(self, host_files: HostFiles) -> None:
        try:
            refuse_closed(host_files.files.hosts.parent)
        except KernelRefused:
            host_files.request_reload()  # another program may send a SIGHUP meanwhile
            raise

    def _replace(self, desired: Dnsmasq, running: Processes, host_files: HostFiles) -> None:
        try:
            self._replacement.apply(desired, running, host_files.files)
        except (KernelRefused, OSError):
            # The former process, which runs still or again.
            for process in self._processes.get(desired.bridge):
                self._reload(desired, process, host_files)
                host_files.confirm()
                self._restore_leases(desired, process.arguments)
            self._stamps.update(desired.bridge)
            raise

    def _reload(self, desired: Dnsmasq, process: Process, host_files: HostFiles) -> None:
        send(process, signal.SIGHUP)
        self._release_removed(desired, host_files)

    def _restore_leases(self, desired: Dnsmasq, arguments: Arguments) -> None:
        self._guard.restore(desired.bridge, desired.hosts, _get_address(arguments))

    def ensure_each(
        self, changes: Sequence[tuple[Dnsmasq, Dnsmasq | None]]
    ) -> Iterator[Exception | None]:
        """Ensure several: the start of a process is mostly a wait for it."""
        if len(changes) == 1 or not self._processes.is_read:
            yield from super().ensure_each(changes)
            return
        with ThreadPoolExecutor(STARTS_AT_ONCE, "dnsmasq") as pool:
            yield from pool.map(self.try_to_ensure, changes)

    def remove(self, actual: Dnsmasq) -> None:
        """End the process and remove its files."""
        stop_all(actual.bridge, self._processes.get(actual.bridge))
        self._refusals.forget(actual.bridge)
        HostFiles(DnsmasqFiles.of(self._path, actual.bridge)).remove()
        self._stamps.update(actual.bridge)

    def has_drifted(self) -> bool:
        """Return whether another program changed the files, or a guest ended a lease."""
        return self._stamps.have_changed() or self._refusals.has_outdated() or self._guard.has_any()

    def close(self) -> None:
        """Close the socket that receives DHCP messages."""
        self._guard.close()

    def _read_one(self, bridge: str, running: Processes, index: str | None) -> Dnsmasq:
        only = next(iter(running)) if len(running) == 1 else None
        content = HostFiles(self._find_files(bridge, only.arguments if only else ())).read()
        faults = tuple(self._list_faults(bridge, running, index))
        if only is not None and not faults:
            self._refusals.record_serving(bridge, only.arguments)
        return Dnsmasq(
            bridge,
            next((get_environment(each).get(NETWORK, "") for each in running), ""),
            only.arguments if only else (),
            (),
            content.hosts,
            content.options,
            (*faults, *content.faults, *self._guard.list_faults(bridge, content.hosts)),
            self._refusals.get_refusal(bridge),
        )

    def _find_files(self, bridge: str, arguments: Arguments) -> DnsmasqFiles:
        """Return the files of a process with these arguments, which may be in a former path."""
        pid_file = get_pid_file(arguments)
        return DnsmasqFiles.of(pid_file.parent if pid_file else self._path, bridge)

    def _list_bridges_with_files(self) -> set[str]:
        return {
            file.name.removeprefix("nova-").removesuffix(".hosts.d")
            for file in self._path.glob("nova-*.hosts.d")
        }

    def _release_removed(self, desired: Dnsmasq, host_files: HostFiles) -> None:
        removed = host_files.list_removed(desired.hosts)
        if self._release is not None and removed:
            self._release(desired.bridge, [Lease(desired.bridge, ip, mac) for mac, ip in removed])

    def _list_faults(self, bridge: str, running: Processes, index: str | None) -> Iterator[str]:
        """Yield why the processes of a bridge do not serve it.

        :param index: of the bridge; None: there is no such bridge
        """
        if not running:
            yield "not running"
        elif len(running) > 1:
            yield f"running {len(running)} times"
        elif not all(is_bound(each, index) for each in running):
            yield "bound to a bridge that was removed"
        else:
            (process,) = running
            if is_stopped(process):
                yield "stopped"
            if self._closed is not None:
                yield f"dnsmasq cannot read {self._closed}"
            yield from self._list_lost_files(bridge, process)
            if not self._processes.is_named(bridge, process):
                yield "pid file lost"

    def _list_lost_files(self, bridge: str, process: Process) -> Iterator[str]:
        """Yield which files of a process are no longer at their paths, so that it must restart."""
        files = self._find_files(bridge, process.arguments)
        if self._open_leases.find_lost(process, files.leases):
            yield "lease file lost"
        watched = get_environment(process).get(HOSTS_INODE)
        if watched is not None and watched != get_inode(files.hosts):
            yield "hosts directory lost"

    def _serves(self, process: Process, desired: Dnsmasq) -> bool:
        """Return whether the process is as desired, and has the bridge and files of now."""
        return (
            process.arguments == desired.arguments
            and get_environment(process).items() >= build_environment(desired).items()
            and not any(self._list_lost_files(desired.bridge, process))
        )


def _get_address(arguments: Arguments) -> str:
    """Return the address on which a dnsmasq listens."""
    option = "--listen-address="
    words = (word for word in arguments if word.startswith(option))
    return next(words, option).removeprefix(option)
