"""The dnsmasq of each network: its process, its files, and the leases it has handed out.

dnsmasq makes a daemon of itself, so it outlives the agent; after a restart it is found again by
its pid file, and once by its arguments among all processes, should the pid file be lost. No pid is
believed before /proc has confirmed it.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from cloudnet.agent.drivers.dnsmasq import leasefile
from cloudnet.agent.drivers.dnsmasq.hostfiles import Change, HostFiles
from cloudnet.agent.drivers.dnsmasq.processes import (
    environment,
    is_in_our_network,
    now,
    process,
    processes_with,
    send,
    stop,
)
from cloudnet.agent.drivers.links.netlink import LinkTable
from cloudnet.agent.node.resources.dnsmasq import Dnsmasq, DnsmasqFiles, Process
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.common.errors import KernelRefused

LOG = logging.getLogger(__name__)

START_SECONDS = 20.0
# Which link the bridge was when dnsmasq started: its DHCP socket is bound to that very link, and
# hears nothing on a later one of the same name.
BRIDGE_INDEX = "CLOUDNET_BRIDGE_INDEX"
NETWORK = "CLOUDNET_NETWORK"

Processes = frozenset[Process]


class DnsmasqDriver:
    """Reads, runs and ends :class:`Dnsmasq`; reads and takes back :class:`Lease`."""

    def __init__(self, networks_path: Path, follow: Callable[[Processes], None]) -> None:
        self._path = networks_path
        self._follow = follow
        self._known: dict[str, Processes] | None = None  # by bridge; None: not looked for yet

    def read(self, links: LinkTable) -> Iterator[Dnsmasq | Lease]:
        """Yield each dnsmasq and its leases.

        One that cannot serve (dead, double, deaf) has no arguments, so that it equals no wanted
        one; one whose files it has not been told of has a line that says so.
        """
        known = self._look()
        indexes = {link.name: str(link.index) for link in links.links}
        for bridge in sorted(known.keys() | self._left_behind()):
            files = DnsmasqFiles.of(self._path, bridge)
            host_files = HostFiles(files)
            running = known.get(bridge, frozenset())
            serving = [
                one
                for one in running
                if environment(one).get(BRIDGE_INDEX) == indexes.get(bridge) and len(running) == 1
            ]
            desired = () if not host_files.reload_is_due() else ("(dnsmasq is to be told)",)
            yield Dnsmasq(
                bridge,
                next((environment(one).get(NETWORK, "") for one in running), ""),
                serving[0].arguments if serving else (),
                (),
                host_files.hosts() + desired,
                host_files.options(),
            )
            if running:
                yield from leasefile.handed_out(bridge, files.leases)

    def ensure(self, want: Dnsmasq) -> None:
        """Make one dnsmasq run with these arguments and these files, with no more than is needed.

        Additions it sees by itself, changes need a SIGHUP, other arguments a new process.
        """
        files = DnsmasqFiles.of(self._path, want.bridge)
        host_files = HostFiles(files)
        try:
            change = host_files.write(want.hosts, want.options)
        except OSError as error:
            raise KernelRefused(f"{want}: cannot write its files: {error}") from error
        running = self._look().get(want.bridge, frozenset())
        serving = [one for one in running if len(running) == 1 and _serves(one, want)]
        if not serving or change is Change.RESTART:
            self._stop(want.bridge, running)
            self._start(want, files)
        elif change is Change.RELOAD:
            send(serving[0], signal.SIGHUP)
        host_files.desired()

    def remove(self, actual: Dnsmasq | Lease) -> None:
        """End the dnsmasq and remove its files, or take the lease back."""
        files = DnsmasqFiles.of(self._path, actual.bridge)
        if isinstance(actual, Lease):
            leasefile.release(actual, files.leases)
            return
        self._stop(actual.bridge, self._look().get(actual.bridge, frozenset()))
        HostFiles(files).remove()

    # -- processes -----------------------------------------------------------------------------

    def _look(self) -> dict[str, Processes]:
        """Return the processes that run, or are ending, by bridge."""
        known = self._search() if self._known is None else self._known
        self._known = {
            bridge: alive
            for bridge, running in known.items()
            if (alive := frozenset(filter(None, map(now, running))))
        }
        for file in self._path.glob("nova-*.pid"):
            bridge = _bridge(file)
            running = self._known.get(bridge, frozenset())
            found = self._by_pid_file(file, running)
            if found is not None:
                self._known[bridge] = running | {found}
        self._follow(frozenset().union(*self._known.values()))
        return self._known

    def _search(self) -> dict[str, Processes]:
        """Look through all processes for ours."""
        found: dict[str, Processes] = {}
        start = f"--pid-file={self._path / 'nova-'}"
        for one in processes_with(start):
            word = next(word for word in one.arguments if word.startswith(start))
            bridge = _bridge(Path(word.partition("=")[2]))
            found[bridge] = found.get(bridge, frozenset()) | {one}
        return found

    def _by_pid_file(self, file: Path, known: Processes = frozenset()) -> Process | None:
        """Return the process that the pid file names, if it is the one that wrote it.

        One that is known, and was just seen alive, need not prove itself again.
        """
        try:
            pid = int(file.read_text())
        except (OSError, ValueError):  # none, a directory, or no number in it
            return None
        for one in known:
            if one.pid == pid:
                return one
        found = process(pid)
        if found and f"--pid-file={file}" in found.arguments and is_in_our_network(found):
            return found
        return None

    def _left_behind(self) -> set[str]:
        """Return the bridges of which there are files, dnsmasq or no dnsmasq."""
        return {_bridge(file) for file in self._path.glob("nova-*.hosts.d")}

    def _stop(self, bridge: str, running: Processes) -> None:
        for one in running:
            if not stop(one):
                raise KernelRefused(
                    f"dnsmasq of {bridge}, pid {one.pid}, does not end; see `ps {one.pid}`"
                )
        if running:
            LOG.debug("ended dnsmasq of %s", bridge)

    def _start(self, want: Dnsmasq, files: DnsmasqFiles) -> None:
        _refuse_unreadable(files.hosts)
        files.pid.unlink(missing_ok=True)
        leasefile.keep_only(files.leases, want.hosts)
        with tempfile.TemporaryFile("w+") as said:
            status = _run(want, said)
            said.seek(0)
            lines = [line.removeprefix("dnsmasq: ") for line in said.read().splitlines() if line]
        if status != 0:
            why = lines[-1] if lines else f"exit status {status}"
            raise KernelRefused(f"{want}: {why}; {_remedy(why)}")
        if self._by_pid_file(files.pid) is None:
            raise KernelRefused(
                f"{want}: it started and ended again; see the system log for what dnsmasq says"
            )
        self._look()


def _bridge(file: Path) -> str:
    return file.name.removeprefix("nova-").removesuffix(".pid").removesuffix(".hosts.d")


def _serves(one: Process, want: Dnsmasq) -> bool:
    """Say whether the process is as wanted and its bridge still the one that it is bound to."""
    return (
        one.arguments == want.arguments and environment(one).items() >= _environment(want).items()
    )


def _environment(want: Dnsmasq) -> dict[str, str]:
    try:
        index = str(socket.if_nametoindex(want.bridge))
    except OSError as error:
        raise KernelRefused(f"{want}: there is no {want.bridge}; it is made before") from error
    return dict(want.environment) | {BRIDGE_INDEX: index}


def _run(want: Dnsmasq, said: TextIO) -> int:
    """Run dnsmasq until it has made a daemon of itself, and return its exit status.

    What it says goes to a file and not through a pipe, whose end its children might keep.
    """
    try:
        done = subprocess.run(
            want.arguments,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"} | _environment(want),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            timeout=START_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise KernelRefused(
            f"{want}: there is no dnsmasq; install the package dnsmasq-base"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise KernelRefused(f"{want}: not up after {START_SECONDS:.0f} s") from error
    return done.returncode


def _remedy(why: str) -> str:
    """Return what to do about the commonest of dnsmasq's complaints."""
    if "in use" in why:
        return "find who uses the port by `ss -lunp`, and keep it off cloudnet's bridges"
    if "inotify" in why:
        return "raise the sysctl fs.inotify.max_user_instances: each dnsmasq needs one"
    return "see dnsmasq_config_file and the networks' DNS servers"


def _refuse_unreadable(directory: Path) -> None:
    """Refuse a directory that dnsmasq, which gives up root's rights, could not look into."""
    for part in (directory, *directory.parents):
        if not part.stat().st_mode & 0o001:
            raise KernelRefused(
                f"dnsmasq runs as an ordinary user and cannot look into {part}; "
                f"let it by `chmod o+x {part}`"
            )
