"""Starts the dnsmasq of a bridge, in place of an old one that ends only for a new one that serves.

dnsmasq checks new arguments (``--test``) before the old process ends. What that does not show, such
as an address that cannot be bound, shows at the start: then the former arguments are started again.
They are read from the process that ran, so an agent without memory has them, too.
"""

from __future__ import annotations

import logging
import os
import socket
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from cloudnet.agent.drivers.dnsmasq.inotify_limit import InotifyLimit
from cloudnet.agent.drivers.dnsmasq.lease_file import remove_other_leases
from cloudnet.agent.drivers.dnsmasq.open_leases import OpenLeases
from cloudnet.agent.drivers.dnsmasq.permissions import refuse_closed
from cloudnet.agent.drivers.dnsmasq.process_table import Processes, ProcessTable, get_pid_file
from cloudnet.agent.drivers.dnsmasq.processes import Process, get_environment, stop
from cloudnet.agent.drivers.dnsmasq.refusals import Attempt, Refusals
from cloudnet.agent.drivers.dnsmasq.start import (
    ENDED_EARLY,
    explain,
    find_complaint,
    start_dnsmasq,
)
from cloudnet.agent.node.resources.dnsmasq import (
    Arguments,
    Dnsmasq,
    DnsmasqFiles,
    find_config_file,
)
from cloudnet.common.errors import FormerKept, KernelRefused

LOG = logging.getLogger(__name__)

# The index that the bridge had when dnsmasq started. Its DHCP socket is bound to that link, and
# receives nothing from a later one of the same name.
BRIDGE_INDEX = "CLOUDNET_BRIDGE_INDEX"
# The inode that the hosts directory had when dnsmasq started, which it watches until it ends.
HOSTS_INODE = "CLOUDNET_HOSTS_INODE"


@dataclass(frozen=True)
class Replacement:
    """Starts and replaces the processes; threads may do so for one bridge each."""

    processes: ProcessTable
    open_leases: OpenLeases
    limit: InotifyLimit
    refusals: Refusals

    def apply(self, desired: Dnsmasq, running: Processes, files: DnsmasqFiles) -> None:
        """Start a process with the desired arguments, and end those that run before.

        :raises FormerKept: the former arguments serve instead
        :raises KernelRefused: no process serves, or only those that ran before
        """
        environment = build_environment(desired)
        refuse_closed(files.hosts)
        attempt = Attempt.begin(desired.arguments)
        former = self._find_former(desired.bridge, running)
        if running:
            self._test(desired, environment, running, attempt)
        self._stop(desired.bridge, running, files)
        try:
            self._start(desired, environment, files)
        except (KernelRefused, OSError) as error:
            if former is None or former == desired.arguments:
                self.refusals.end(desired.bridge)  # the former arguments do not serve any more
                raise
            self._start_former(replace(desired, arguments=former), environment, files, error)
            raise self._refuse(desired, attempt, former, str(error)) from error

    def _find_former(self, bridge: str, running: Processes) -> Arguments | None:
        """Return the arguments of the process that runs; without one, those of the last one."""
        if len(running) == 1:
            return next(iter(running)).arguments
        return self.refusals.get_former(bridge)

    def _test(
        self,
        desired: Dnsmasq,
        environment: dict[str, str],
        running: Processes,
        attempt: Attempt,
    ) -> None:
        """Let dnsmasq check the arguments.

        :raises KernelRefused: it refuses them; FormerKept, if one serves meanwhile
        """
        complaint = find_complaint(desired.arguments, ("--test",), environment)
        if complaint is None:
            return
        why = explain(desired, complaint)
        processes = [each for each in running if is_bound(each, environment[BRIDGE_INDEX])]
        former = processes[0].arguments if len(running) == 1 and processes else desired.arguments
        if former != desired.arguments:
            raise self._refuse(desired, attempt, former, why)
        pids = ", ".join(str(each.pid) for each in running)
        raise KernelRefused(f"{desired}: {why}; not ended: pid {pids}")

    def _stop(self, bridge: str, running: Processes, files: DnsmasqFiles) -> None:
        """End the processes, and keep the leases of those whose lease file was removed."""
        with ExitStack() as stack:
            for process in running:
                stack.enter_context(self.open_leases.keep(process, files.leases))
            stop_all(bridge, running)

    def _start(self, desired: Dnsmasq, environment: dict[str, str], files: DnsmasqFiles) -> None:
        pid_file = get_pid_file(desired.arguments) or files.pid
        pid_file.unlink(missing_ok=True)
        try:
            remove_other_leases(files.leases, desired.hosts)
        except OSError as error:  # a full disk: better with leases that nobody needs than not
            LOG.warning("%s: cannot be shortened before the start: %s", files.leases, error)
        hosts = DnsmasqFiles.of(pid_file.parent, desired.bridge).hosts
        start_dnsmasq(desired, environment | {HOSTS_INODE: get_inode(hosts)}, self.limit)
        if not self.processes.add_started(desired.bridge, pid_file):
            raise KernelRefused(f"{desired}: {ENDED_EARLY}")
        self.refusals.record_serving(desired.bridge, desired.arguments)

    def _start_former(
        self,
        former: Dnsmasq,
        environment: dict[str, str],
        files: DnsmasqFiles,
        error: Exception,
    ) -> None:
        try:
            self._start(former, environment, files)
        except (KernelRefused, OSError) as second:
            why = str(second).removeprefix(f"{former}: ")
            line = f"{error}; its former arguments fail, too: {why}"
            raise KernelRefused(line) from second

    def _refuse(
        self, desired: Dnsmasq, attempt: Attempt, former: Arguments, why: str
    ) -> FormerKept:
        """Record the refusal, and return it as an error."""
        what = "they change" if attempt.file is None else f"they or {attempt.file} change"
        line = (
            f"its former arguments stay in use, because the new ones fail: "
            f"{why.removeprefix(f'{desired}: ')}; the new ones are tried again when {what}, or the "
            "agent is restarted"
        )
        file = find_config_file(former)
        if file is not None and not file.exists():
            line += f"; {file} of the former ones is gone, so they cannot be started again"
        self.refusals.add(desired.bridge, attempt, former, line)
        return FormerKept(f"{desired}: {line}")


def build_environment(desired: Dnsmasq) -> dict[str, str]:
    """Return the environment of a process that serves the bridge that exists now."""
    try:
        index = str(socket.if_nametoindex(desired.bridge))
    except OSError as error:
        raise KernelRefused(
            f"{desired}: there is no {desired.bridge}; the agent creates it first"
        ) from error
    return dict(desired.environment) | {BRIDGE_INDEX: index}


def get_inode(directory: Path) -> str:
    """Return the inode of a directory as text; empty if there is none."""
    try:
        status = os.stat(directory)  # noqa: PTH116 - for each dnsmasq in each pass
    except OSError:
        return ""
    return f"{status.st_dev}:{status.st_ino}"


def is_bound(process: Process, index: str | None) -> bool:
    """Return whether the process was started for the link with this index."""
    return get_environment(process).get(BRIDGE_INDEX) == index


def stop_all(bridge: str, running: Processes) -> None:
    """End the processes of a bridge."""
    for process in running:
        if not stop(process):
            raise KernelRefused(
                f"dnsmasq of {bridge}, pid {process.pid}, does not end; see `ps {process.pid}`"
            )
        LOG.debug("dnsmasq of %s: ended pid %d", bridge, process.pid)
