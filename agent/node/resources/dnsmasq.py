"""The dnsmasq process of a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from cloudnet.agent.node.resources.base import Resource

Arguments = tuple[str, ...]
CONFIG_FILE = "--conf-file="


@dataclass(frozen=True)
class Refusal:
    """Arguments with which dnsmasq does not serve, and those that it serves with instead."""

    arguments: Arguments
    former: Arguments
    why: str


@dataclass(frozen=True)
class Dnsmasq(Resource):
    """The dnsmasq of one network on this host: its command line and the files that it reads."""

    order: ClassVar[int] = 80

    bridge: str
    network: str  # uuid
    arguments: Arguments  # as /proc shows them; a change needs a restart
    environment: tuple[tuple[str, str], ...] = field(compare=False)  # for the lease script
    hosts: tuple[str, ...]  # dhcp-host lines; a removal needs a SIGHUP, an addition nothing
    options: tuple[str, ...]  # lines of the dhcp-optsfile
    faults: tuple[str, ...] = ()  # not running, running twice…
    refusal: Refusal | None = None  # of other arguments; None: none is known

    @property
    def key(self) -> str:
        return f"dnsmasq {self.bridge}"

    @property
    def bridge_name(self) -> str:
        return self.bridge

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (f"bridge {self.bridge}",)

    @property
    def details(self) -> str:
        return f"guests: {len(self.hosts)}"


@dataclass(frozen=True)
class DnsmasqFiles:
    """Where one dnsmasq's files are, in nova-network's names."""

    hosts: Path  # a directory, one file a guest
    options: Path
    pid: Path
    leases: Path

    @classmethod
    def of(cls, networks_path: Path, bridge: str) -> DnsmasqFiles:
        """Return the files of the dnsmasq that serves ``bridge``."""
        return _list_files(networks_path, bridge)


def find_config_file(arguments: Arguments) -> Path | None:
    """Return the operator's file that the arguments name; None: they name none."""
    words = (word.removeprefix(CONFIG_FILE) for word in arguments if word.startswith(CONFIG_FILE))
    name = next(words, "")
    return Path(name) if name else None


@lru_cache(maxsize=4096)
def _list_files(networks_path: Path, bridge: str) -> DnsmasqFiles:
    """Build the paths once: each pass needs them several times for each dnsmasq."""
    stem = f"nova-{bridge}"
    return DnsmasqFiles(
        networks_path / f"{stem}.hosts.d",
        networks_path / f"{stem}.opts",
        networks_path / f"{stem}.pid",
        networks_path / f"{stem}.leases",
    )
