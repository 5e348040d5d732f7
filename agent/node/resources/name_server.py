"""The name server of this host, which serves the cloud's DNS domains to its networks' dnsmasqs.

One process for all networks: a name that changes costs one file and one signal, however many
networks the host has.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from cloudnet.agent.node.resources.base import Resource

NAME_SERVER = "name server"


@dataclass(frozen=True)
class NameServer(Resource):
    """A dnsmasq that serves DNS only, on the loopback device."""

    order: ClassVar[int] = 74

    arguments: tuple[str, ...]  # as /proc shows them; a change needs a restart
    names: str  # text of its hosts file; a change needs a SIGHUP
    faults: tuple[str, ...] = ()  # not running, not reloaded

    @property
    def key(self) -> str:
        return NAME_SERVER

    @property
    def details(self) -> str:
        return f"names: {self.names.count(chr(10))}"


@dataclass(frozen=True)
class ForwardedDomains(Resource):
    """The file of the domains that every network's dnsmasq forwards to the name server."""

    order: ClassVar[int] = 76

    servers: str  # text of the file; a change needs a SIGHUP of each dnsmasq
    faults: tuple[str, ...] = ()  # not reloaded

    @property
    def key(self) -> str:
        return "forwarded domains"

    @property
    def details(self) -> str:
        return f"domains: {self.servers.count(chr(10))}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (NAME_SERVER,) if self.servers else ()


@dataclass(frozen=True)
class NameServerFiles:
    """Where the files of the name server are.

    In a directory of their own: a change in networks_path itself makes an agent read the host.
    """

    names: Path
    servers: Path  # read by the networks' dnsmasqs
    pid: Path

    @classmethod
    def of(cls, networks_path: Path) -> NameServerFiles:
        """Return the files in a directory of dnsmasq files."""
        directory = networks_path / "cloudnet-dns"
        return cls(directory / "names", directory / "servers", directory / "pid")
