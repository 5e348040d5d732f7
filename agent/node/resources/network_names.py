"""The names of a network's guests on other hosts, for the network's dnsmasq."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from cloudnet.agent.node.resources.base import Resource


@dataclass(frozen=True)
class NetworkNames(Resource):
    """A file that dnsmasq reads again when it is replaced (--hostsdir), without a signal."""

    order: ClassVar[int] = 78  # before its dnsmasq, which watches the directory from its start

    bridge: str
    names: str  # text of the file

    @property
    def key(self) -> str:
        return f"names {self.bridge}"

    @property
    def bridge_name(self) -> str:
        return self.bridge

    @property
    def details(self) -> str:
        return f"guests of other hosts: {self.names.count(chr(10))}"


def get_names_directory(networks_path: Path, bridge: str) -> Path:
    """Return the directory that the dnsmasq of a bridge watches for names."""
    return networks_path / f"nova-{bridge}.names.d"
