"""The kernel's settings of our links."""

from __future__ import annotations

from collections.abc import Iterator

from cloudnet.agent.drivers.driver import Driver
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.drivers.links.sysctl_lists import DISABLE_IPV6, SYSCTLS, LinkSysctl
from cloudnet.agent.node.resources.link_sysctls import LinkSysctls
from cloudnet.common.errors import KernelRefused


class LinkSysctlDriver(Driver[LinkSysctls]):
    """Reads and writes :class:`LinkSysctls`."""

    kinds = (LinkSysctls,)

    def __init__(self) -> None:
        self._bridges: frozenset[str] = frozenset()  # that had no IPv6 when they were last seen

    def read(self, links: LinkTable) -> Iterator[LinkSysctls]:
        """Yield the settings of our links, with those that are wrong as faults."""
        bridges = set()
        for link in links.links:
            if link.network is not None and link.kind in {"bridge", "vlan"}:
                bridge = link.name if link.kind == "bridge" else links.get_name(link.master)
                faults = tuple(sysctl.fault for sysctl in link.wrong_sysctls)
                if link.kind == "bridge" and not faults:
                    bridges.add(link.name)
                yield LinkSysctls(link.name, bridge or "", faults)
        self._bridges = frozenset(bridges)

    def ensure(self, desired: LinkSysctls, actual: LinkSysctls | None) -> None:
        """Write the values that differ."""
        for sysctl in SYSCTLS:
            path = sysctl.path(desired.link)
            try:
                if not _is_right(sysctl, desired.link):
                    path.write_text(str(sysctl.value))
            except FileNotFoundError:  # the link was just removed
                continue
            except OSError as error:
                raise KernelRefused(
                    f"{desired.key}: {path}: {error.strerror}; is /proc/sys mounted read-only?"
                ) from error
        if desired.link == desired.bridge:
            self._bridges |= {desired.link}

    def remove(self, actual: LinkSysctls) -> None:
        """Leave them: they are gone with their link."""

    def has_drifted(self) -> bool:
        """Return whether a bridge has IPv6 again, after ``sysctl --system`` for example.

        The other settings are compared at the next full read: a file for each of them and each
        link would be too many to read every few seconds.
        """
        return any(not _is_right(DISABLE_IPV6, bridge) for bridge in self._bridges)


def _is_right(sysctl: LinkSysctl, link: str) -> bool:
    """Return whether the setting has its value, or does not exist: the host has no IPv6."""
    try:
        return sysctl.path(link).read_text().strip() == str(sysctl.value)
    except FileNotFoundError:
        return True
