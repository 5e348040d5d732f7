"""Kernel settings of our bridges. On a host without IPv6 there are none, and nothing to set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.bridge_sysctl import BridgeSysctl, ignore_router_advertisements
from cloudnet.common.errors import KernelRefused

DIRECTORY = Path("/proc/sys/net/ipv6/conf")  # of the network namespace that the agent is in


class BridgeSysctlDriver(Driver[BridgeSysctl]):
    """Reads and writes :class:`BridgeSysctl`."""

    kinds = (BridgeSysctl,)

    def read(self, links: LinkTable) -> Iterator[BridgeSysctl]:
        """Yield the settings of our bridges; without IPv6, as they should be."""
        for link in links.links:
            if link.kind == "bridge" and link.network is not None:
                setting = ignore_router_advertisements(link.name)
                try:
                    value = _file(setting).read_text().strip()
                except FileNotFoundError:  # no IPv6, or the bridge was just removed
                    value = setting.value
                yield BridgeSysctl(setting.bridge, setting.name, value)

    def ensure(self, desired: BridgeSysctl, actual: BridgeSysctl | None) -> None:
        """Write the value."""
        try:
            _file(desired).write_text(desired.value)
        except FileNotFoundError:
            return
        except OSError as error:
            raise KernelRefused(
                f"{desired.key}: {error.strerror}; is /proc/sys mounted read-only?"
            ) from error

    def remove(self, actual: BridgeSysctl) -> None:
        """Leave it: it is gone with its bridge."""


def _file(setting: BridgeSysctl) -> Path:
    return DIRECTORY / setting.bridge / setting.name
