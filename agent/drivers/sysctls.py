"""``net.ipv4.ip_forward``: switched on where a host is a gateway, never off again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.forwarding import Forwarding
from cloudnet.common.errors import KernelRefused

FILE = Path("/proc/sys/net/ipv4/ip_forward")  # of the network namespace that the agent is in


class ForwardingDriver(Driver[Forwarding]):
    """Reads and switches on :class:`Forwarding`."""

    kinds = (Forwarding,)

    def __init__(self) -> None:
        self._was_on = False

    def read(self, links: LinkTable) -> Iterator[Forwarding]:
        """Yield it if it is on."""
        self._was_on = _is_on()
        if self._was_on:
            yield Forwarding()

    def ensure(self, desired: Forwarding, actual: Forwarding | None) -> None:
        """Switch it on."""
        try:
            if not _is_on():  # writing it again would reset each NIC's own setting
                FILE.write_text("1")
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


def _is_on() -> bool:
    return FILE.read_text().strip() == "1"
