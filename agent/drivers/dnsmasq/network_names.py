"""Names of guests of other hosts: a file for each network, in a directory of its own.

dnsmasq watches the directory that it found at its start. So a dnsmasq that has lost it is ended,
and started again as any other that has ended.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cloudnet.agent.drivers.dnsmasq.permissions import READ, READ_AND_ENTER
from cloudnet.agent.drivers.dnsmasq.process_table import ProcessTable
from cloudnet.agent.drivers.dnsmasq.replacement import stop_all
from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.network_names import NetworkNames, get_names_directory
from cloudnet.common.regular_file import read_regular, write_regular

FILE = "guests"


class NetworkNamesDriver(Driver[NetworkNames]):
    """Reads and writes :class:`NetworkNames`."""

    kinds = (NetworkNames,)

    def __init__(self, networks_path: Path, processes: ProcessTable) -> None:
        self._path = networks_path
        self._processes = processes

    def read(self, links: LinkTable) -> Iterator[NetworkNames]:
        """Yield the names of each network that has such a file."""
        for directory in sorted(self._path.glob("nova-*.names.d")):
            bridge = directory.name.removeprefix("nova-").removesuffix(".names.d")
            with suppress(OSError):  # a file that dnsmasq cannot read is written again
                text = os.fsdecode(read_regular(directory / FILE, permission=READ))
                yield NetworkNames(bridge, text)

    def ensure(self, desired: NetworkNames, actual: NetworkNames | None) -> None:
        """Replace the file; dnsmasq notices it."""
        directory = get_names_directory(self._path, desired.bridge)
        if not directory.is_dir():
            directory.mkdir(parents=True)
            option = f"--hostsdir={directory}"
            running = self._processes.get(desired.bridge)
            stop_all(
                desired.bridge, frozenset(each for each in running if option in each.arguments)
            )
        if directory.stat().st_mode & READ_AND_ENTER != READ_AND_ENTER:
            directory.chmod(0o755)
        fresh = directory / f".{FILE}.new"  # dnsmasq ignores files whose names start with a dot
        write_regular(fresh, desired.names)
        fresh.chmod(0o644)
        fresh.rename(directory / FILE)

    def remove(self, actual: NetworkNames) -> None:
        """Remove the directory and its file."""
        directory = get_names_directory(self._path, actual.bridge)
        (directory / FILE).unlink(missing_ok=True)
        (directory / f".{FILE}.new").unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            directory.rmdir()
