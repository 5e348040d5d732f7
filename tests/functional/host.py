"""A host to try the drivers on: a network namespace of its own, and hands to disturb it.

The test's own thread moves into the namespace, so that the drivers work there as the agent does.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cloudnet.agent.drivers.kernel import Kernel
from cloudnet.agent.state import DhcpFiles, Item, Process
from cloudnet.common.settings.views import AgentSettings, DhcpSettings, NatSettings, RpcSettings

CLONE_NEWNET = 0x40000000
WATCHED_GROUPS = 0x1 | 0x10 | 0x40 | 0x100  # links; IPv4 addresses and routes; IPv6 addresses
# The kernel tells of a change of carrier once a second at most (linkwatch).
SETTLED_SECONDS = 1.1
QUIET_SECONDS = 0.3

_libc = ctypes.CDLL(None, use_errno=True)


def settings(state_path: Path) -> AgentSettings:
    """Return an agent's settings, of which the drivers heed a few."""
    from ipaddress import IPv4Address

    return AgentSettings(
        host="here",
        rpc=RpcSettings("fake:", "nova", 60),
        my_ip=IPv4Address("127.0.0.1"),
        vlan_interface="eth0",
        flat_interface=None,
        state_path=state_path,
        nat=NatSettings("eth1", None, IPv4Address("127.0.0.1"), 8775, (), "DROP"),
        dhcp=DhcpSettings(
            state_path / "networks", Path("/bin/true"), 120, "novalocal", (), False, None, True
        ),
        report_interval_seconds=10,
        resync_seconds=60,
        gratuitous_arps=1,
    )


@dataclass
class Host:
    """One host; ``kernel`` is what is tried on it."""

    state_path: Path
    kernel: Kernel
    follow: Callable[[frozenset[Process]], None] = lambda processes: None

    @property
    def networks_path(self) -> Path:
        return self.state_path / "networks"

    def files(self, bridge: str) -> DhcpFiles:
        return DhcpFiles.of(self.networks_path, bridge)

    def sh(self, script: str) -> str:
        """Run a few shell lines as the host's operator would, and return what they print."""
        done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{script}: {done.stderr}"
        return done.stdout

    def restart_the_agent(self) -> None:
        """Forget all that the drivers remember."""
        self.kernel.close()
        self.kernel = Kernel(settings(self.state_path), self.follow)

    def items(self) -> dict[str, Item]:
        """Return all that is ours on the host."""
        return dict(self.kernel.read().items)

    def has(self, item: Item) -> bool:
        """Say whether the host has exactly this."""
        return self.items().get(item.key) == item

    def nic(self, name: str, mtu: int = 1500) -> None:
        """Plug in a NIC of the operator's; its far end is called ``<name>-far``."""
        self.sh(
            f"ip link add {name} mtu {mtu} type veth peer name {name}-far mtu {mtu};"
            f"ip link set {name} up; ip link set {name}-far up"
        )

    @contextlib.contextmanager
    def quiet(self) -> Iterator[None]:
        """Assert that the kernel announces no change to links, addresses or routes meanwhile."""
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as monitor:
            monitor.bind((0, WATCHED_GROUPS))
            monitor.settimeout(SETTLED_SECONDS)
            with contextlib.suppress(TimeoutError):
                while True:  # what went before has its say first
                    monitor.recv(65536)
            yield
            monitor.settimeout(QUIET_SECONDS)
            with contextlib.suppress(TimeoutError):
                raise AssertionError(f"something changed: {monitor.recv(65536)!r}")

    @classmethod
    @contextlib.contextmanager
    def new(cls) -> Iterator[Self]:
        """Make a host, move into it, and leave nothing of it behind."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        # Not pytest's own: dnsmasq, which gives up root's rights, could not look into that.
        state_path = Path(tempfile.mkdtemp(prefix="host-", dir="/run"))
        state_path.chmod(0o755)
        if _libc.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "no network namespace of its own")
        host = cls(state_path, Kernel(settings(state_path)))
        # Duplicate address detection would have its say a second after everything else.
        host.sh("sysctl -qw net.ipv6.conf.default.accept_dad=0; ip link set lo up")
        try:
            yield host
        finally:
            host.kernel.close()
            for pid in host.dnsmasq_pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            _libc.setns(home, CLONE_NEWNET)
            os.close(home)
            shutil.rmtree(state_path)

    def dnsmasq_pids(self) -> list[int]:
        """Return the processes of the dnsmasqs that this host's agent has started."""
        word = f"--pid-file={self.networks_path}".encode()
        found = []
        for directory in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                if word in (directory / "cmdline").read_bytes():
                    found.append(int(directory.name))
        return sorted(found)
