"""The site's node: NICs, uplinks and guests' wires in this network namespace.

The far ends of uplinks are in another namespace, as a switch is outside a node. A guest's end of
its wire stays here, where the bench's DHCP client uses it.
"""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pyroute2 import IPRoute

from tests.bench.daemon import wait_until
from tests.fixtures.isolation import is_isolated

NICS = ("eth0", "eth1")  # the listing's vlan_interface and public_interface
FAR = "far"  # the namespace
OURS = "cloudnet"  # prefix of the aliases and other names of the devices that the agent creates
TABLES = ("filter", "nat", "mangle")


class SiteNode:
    """All of it ends with the isolation that it is in."""

    def __init__(self) -> None:
        if not is_isolated():
            raise RuntimeError("the bench creates links and daemons; run it with tools/bench")
        self._netlink = IPRoute()
        self.has_vlans = False

    def __enter__(self) -> Self:
        _sh("ip", "netns", "add", FAR)
        for nic in NICS:
            self._wire_to_far(nic)
        probe = ["ip", "link", "add", "link", NICS[0], "name", "probe", "type", "vlan", "id", "9"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            _sh("ip", "link", "delete", "probe")
            self.has_vlans = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._netlink.close()

    def add_uplink(self, number: int) -> str:
        """Create a NIC for one network, and return its name."""
        self._wire_to_far(f"up{number}")
        return f"up{number}"

    def add_wire(self, number: int) -> tuple[str, str]:
        """Create a guest's wire; return the end for the bridge and the guest's own."""
        ends = f"tap{number}", f"guest{number}"
        _sh("ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for end in ends:
            # Without IPv6 the kernel sends nothing on the guest's end by itself.
            Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
            _sh("ip", "link", "set", end, "up")
        return ends

    def remove_wire(self, end: str) -> None:
        """Remove a guest's wire."""
        _sh("ip", "link", "delete", end)

    def plug(self, end: str, bridge: str) -> float:
        """Make a wire a port of a bridge as soon as the bridge exists; return that moment."""
        # sysfs shows a device before it can be found by its name, so this waits for the latter.
        seen = wait_until(lambda: _index_of(bridge) is not None, f"bridge {bridge}")
        # Indexes, because pyroute2 would dump all links to find a name: as long as all that the
        # agent does.
        self._netlink.link("set", index=_index_of(end), master=_index_of(bridge))
        return seen

    def clear(self, state: Path) -> None:
        """Remove all that an agent has created or stored; guests' wires must be gone."""
        for file in state.glob("networks/*.pid"):
            with suppress(ValueError, ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGTERM)
        for table in TABLES:
            _sh("iptables-legacy", "-t", table, "-F")
            _sh("iptables-legacy", "-t", table, "-X")
        links = list(self._netlink.get_links())
        for link in links:
            for name in _names_of_ours(link):
                self._netlink.link("property_del", index=link["index"], altname=name)
        for link in links:
            if (link.get("ifalias") or "").startswith(f"{OURS}:"):
                with suppress(Exception):  # a VLAN device is removed with its parent
                    self._netlink.link("del", index=link["index"])
        Path("/proc/sys/net/ipv4/ip_forward").write_text("0")
        shutil.rmtree(state, ignore_errors=True)

    def _wire_to_far(self, name: str) -> None:
        _sh("ip", "link", "add", name, "type", "veth", "peer", "name", name, "netns", FAR)
        _sh("ip", "link", "set", name, "up")
        _sh("ip", "-n", FAR, "link", "set", name, "up")


def _names_of_ours(link: Any) -> Sequence[str]:  # Any: pyroute2 publishes no types
    properties = link.get("prop_list")
    names = [value for _, value in properties["attrs"]] if properties else []
    return [name for name in names if name.startswith(f"{OURS}-")]


def _index_of(device: str) -> int | None:
    """Return a device's index; None while there is no device of this name."""
    try:
        return socket.if_nametoindex(device)
    except OSError:
        return None


def _sh(*argv: str) -> None:
    subprocess.run(argv, check=True)
