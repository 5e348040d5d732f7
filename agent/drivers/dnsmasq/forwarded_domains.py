"""The file of the domains that every network's dnsmasq forwards to the host's name server."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

from cloudnet.agent.drivers.dnsmasq.process_table import ProcessTable
from cloudnet.agent.drivers.dnsmasq.processes import send
from cloudnet.agent.drivers.dnsmasq.reloaded_file import ReloadedFile
from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.name_server import ForwardedDomains, NameServerFiles


class ForwardedDomainsDriver(Driver[ForwardedDomains]):
    """Reads and writes :class:`ForwardedDomains`, and has the dnsmasqs read it."""

    kinds = (ForwardedDomains,)

    def __init__(self, networks_path: Path, processes: ProcessTable) -> None:
        self._processes = processes
        self._file = ReloadedFile(NameServerFiles.of(networks_path).servers)

    def read(self, links: LinkTable) -> Iterator[ForwardedDomains]:
        """Yield the file, if it exists."""
        text = self._file.read()
        if text is not None:
            faults = ("not reloaded",) if self._file.is_reload_due else ()
            yield ForwardedDomains(text, faults)

    def ensure(self, desired: ForwardedDomains, actual: ForwardedDomains | None) -> None:
        """Write the file, and send a SIGHUP to each dnsmasq that may have read another text."""
        self._file.write(desired.servers)
        if self._file.is_reload_due:
            self._reload()
            self._file.confirm()

    def remove(self, actual: ForwardedDomains) -> None:
        """Remove the file; no network is left whose dnsmasq could read it."""
        self._file.remove()

    def has_drifted(self) -> bool:
        """Return whether another program changed the file."""
        return self._file.has_changed()

    def _reload(self) -> None:
        for bridge in list(self._processes.known):
            for process in self._processes.get(bridge):
                send(process, signal.SIGHUP)
