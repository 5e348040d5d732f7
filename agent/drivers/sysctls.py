"""``net.ipv4.ip_forward``: turned on where a node is a gateway, never off again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cloudnet.agent.drivers.links.netlink import LinkTable
from cloudnet.agent.node.resources.forwarding import Forwarding
from cloudnet.common.errors import KernelRefused

SWITCH = Path("/proc/sys/net/ipv4/ip_forward")  # of the network namespace that we are in


class ForwardingDriver:
    """Reads and turns on :class:`Forwarding`."""

    def read(self, links: LinkTable) -> Iterator[Forwarding]:
        """Yield it when it is on."""
        if SWITCH.read_text().strip() == "1":
            yield Forwarding()

    def ensure(self, want: Forwarding) -> None:
        """Turn it on."""
        try:
            # Writing also resets every NIC's own setting, so not without need.
            if not list(self.read(LinkTable(()))):
                SWITCH.write_text("1")
        except OSError as error:
            raise KernelRefused(
                f"{want}: {error}; turn it on by `sysctl -w net.ipv4.ip_forward=1`"
            ) from error

    def remove(self, actual: Forwarding) -> None:
        """Leave it on: others may rely on it."""
