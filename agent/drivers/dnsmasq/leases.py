"""The leases that our dnsmasqs have given, and the release of one that no guest needs any more."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from cloudnet.agent.drivers.dnsmasq.lease_file import list_leases
from cloudnet.agent.drivers.dnsmasq.open_leases import OpenLeases
from cloudnet.agent.drivers.dnsmasq.process_table import ProcessTable
from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.dnsmasq import DnsmasqFiles
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.common.errors import KernelRefused
from cloudnet.common.missing import describe_packages

PROGRAM = "dhcp_release"
PROGRAM_SECONDS = 10.0
RELEASE_SECONDS = 2.0


class LeaseDriver(Driver[Lease]):
    """Reads and releases :class:`Lease`."""

    kinds = (Lease,)

    def __init__(
        self, networks_path: Path, processes: ProcessTable, open_leases: OpenLeases
    ) -> None:
        self._path = networks_path
        self._processes = processes
        self._open_leases = open_leases

    def read(self, links: LinkTable) -> Iterator[Lease]:
        """Yield the leases that a running dnsmasq has given and that have not expired."""
        for bridge in sorted(self._processes.known):  # DnsmasqDriver has read them before
            yield from list_leases(bridge, self._file(bridge))

    def ensure(self, desired: Lease, actual: Lease | None) -> None:
        """Do nothing: only a guest can get a lease."""

    def remove(self, actual: Lease) -> None:
        """Send a DHCPRELEASE in the guest's name, and wait until dnsmasq has removed the lease.

        dnsmasq accepts it only if the lease belongs to this very MAC.
        """
        file = self._file(actual.bridge)
        if actual not in list_leases(actual.bridge, file):
            return
        command = _command(actual)
        complaint = _run(command, actual)
        deadline = time.monotonic() + RELEASE_SECONDS
        while actual in list_leases(actual.bridge, file):
            if time.monotonic() > deadline:
                raise KernelRefused(
                    f"release {actual}: {complaint or 'dnsmasq still has it'}; it expires by "
                    f"itself, or try `{' '.join(command)}`"
                )
            time.sleep(0.01)

    def release_unseen(self, bridge: str, leases: Iterable[Lease]) -> None:
        """Release leases that their guests may have, although the lease file does not show them.

        Those that it shows are removed as resources. That one may never have existed, so nobody
        waits for its end.
        """
        shown = frozenset(list_leases(bridge, self._file(bridge)))
        for lease in leases:
            if lease not in shown:
                _run(_command(lease), lease)

    def _file(self, bridge: str) -> Path:
        """Return the lease file that the bridge's dnsmasq writes, wherever it can be read."""
        file = DnsmasqFiles.of(self._path, bridge).leases
        for process in self._processes.known.get(bridge, ()):
            file = self._open_leases.find_lost(process, file) or file
        return file


def _command(lease: Lease) -> list[str]:
    return [PROGRAM, lease.bridge, str(lease.address), lease.mac]


def _run(command: list[str], lease: Lease) -> str:
    """Run dhcp_release, and return the last line that it prints to stderr."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise KernelRefused(
            f"release {lease}: {PROGRAM} is not installed ({describe_packages(PROGRAM)})"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise KernelRefused(f"release {lease}: {PROGRAM} did not end") from error
    return "".join(done.stderr.strip().splitlines()[-1:])
