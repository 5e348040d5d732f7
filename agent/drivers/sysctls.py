"""``net.ipv4.ip_forward``: switched on where a host is a gateway, never off again.

Each link has a setting of its own, which counts: a new link gets that of ``conf/default``, and
others may clear it on ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.forwarding import Forwarding
from cloudnet.common.errors import KernelRefused

LINKS = Path("/proc/sys/net/ipv4/conf")
FILE = Path("/proc/sys/net/ipv4/ip_forward")  # of the network namespace that the agent is in


class ForwardingDriver(Driver[Forwarding]):
    """Reads and switches on :class:`Forwarding`."""

    kinds = (Forwarding,)

    def __init__(self) -> None:
        self._was_on = False
        self._without: tuple[str, ...] = ()  # bridges that forward nothing, when last read

    def read(self, links: LinkTable) -> Iterator[Forwarding]:
        """Yield it if it is on."""
        self._was_on = _is_on()
        if self._was_on:
            ours = (link.name for link in links.links if link.network and link.kind == "bridge")
            self._without = tuple(name for name in ours if not _is_on(_file_of(name)))
            yield Forwarding(tuple(f"off on {name}" for name in self._without))

    def ensure(self, desired: Forwarding, actual: Forwarding | None) -> None:
        """Switch it on."""
        try:
            if not _is_on():  # writing it again would reset each NIC's own setting
                FILE.write_text("1")
            for name in self._without:
                with suppress(FileNotFoundError):  # it was removed
                    _file_of(name).write_text("1")
        except OSError as error:
            raise KernelRefused(
                f"{desired}: {error}; switch it on by `sysctl -w net.ipv4.ip_forward=1`"
            ) from error
        self._was_on = True

    def remove(self, actual: Forwarding) -> None:
        """Leave it on: others may rely on it."""

    def has_drifted(self) -> bool:
        """Return whether somebody switched it off."""
        return self._was_on and not _is_on()


def _file_of(link: str) -> Path:
    return LINKS / link / "forwarding"


def _is_on(file: Path = FILE) -> bool:
    """Return whether the setting is on; one of a link that is gone counts as on."""
    try:
        return file.read_text().strip() == "1"
    except FileNotFoundError:
        if file == FILE:
            raise
        return True
