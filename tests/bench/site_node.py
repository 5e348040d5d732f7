"""The node's side of the bench: NICs, uplinks and guests' wires in this network namespace.

Far ends of uplinks are in another namespace, as a switch is outside a node. A guest's end of its
wire stays here, where the bench can be the guest.
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
OURS = "cloudnet"  # how the aliases and other names of what the agent makes begin
TABLES = ("filter", "nat", "mangle")


class Node:
    """Nothing of it outlives the isolation that it is in."""

    def __init__(self) -> None:
        if not is_isolated():
            raise RuntimeError("this makes links and daemons: run it by tools/bench")
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
        """Make a NIC for one network, and return its name."""
        self._wire_to_far(f"up{number}")
        return f"up{number}"

    def lay_wire(self, number: int) -> tuple[str, str]:
        """Make a guest's wire; return the end for the bridge and the guest's own."""
        ends = f"tap{number}", f"guest{number}"
        _sh("ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for end in ends:
            # The end is a guest's, not the node's: the kernel shall say nothing on it by itself.
            Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
            _sh("ip", "link", "set", end, "up")
        return ends

    def remove_wire(self, end: str) -> None:
        """Take a guest's wire away."""
        _sh("ip", "link", "delete", end)

    def plug(self, end: str, bridge: str) -> float:
        """Put a wire into a bridge as soon as that is there; return that moment."""
        seen = wait_until(lambda: _is_there(bridge), f"bridge {bridge}")
        # By their numbers: to be asked for their names would cost as long as all the agent does.
        index, master = socket.if_nametoindex(end), socket.if_nametoindex(bridge)
        self._netlink.link("set", index=index, master=master)
        return seen

    def clear(self, state: Path) -> None:
        """Take away all that an agent has built and remembers; guests' wires must be gone."""
        for file in state.glob("networks/*.pid"):
            with suppress(ValueError, ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGTERM)
        for table in TABLES:
            _sh("iptables-legacy", "-t", table, "-F")
            _sh("iptables-legacy", "-t", table, "-X")
        links = list(self._netlink.get_links())
        for link in links:
            for name in _marks(link):
                self._netlink.link("property_del", index=link["index"], altname=name)
        for link in links:
            if (link.get("ifalias") or "").startswith(f"{OURS}:"):
                with suppress(Exception):  # a VLAN device went with its bridge's network
                    self._netlink.link("del", index=link["index"])
        Path("/proc/sys/net/ipv4/ip_forward").write_text("0")
        shutil.rmtree(state, ignore_errors=True)

    def _wire_to_far(self, name: str) -> None:
        _sh("ip", "link", "add", name, "type", "veth", "peer", "name", name, "netns", FAR)
        _sh("ip", "link", "set", name, "up")
        _sh("ip", "-n", FAR, "link", "set", name, "up")


def _marks(link: Any) -> Sequence[str]:  # Any: pyroute2 publishes no types
    properties = link.get("prop_list")
    names = [value for _, value in properties["attrs"]] if properties else []
    return [name for name in names if name.startswith(f"{OURS}-")]


def _is_there(link: str) -> bool:
    return Path("/sys/class/net", link).exists()


def _sh(*argv: str) -> None:
    subprocess.run(argv, check=True)
