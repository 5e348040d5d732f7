"""The network outside of the cloud: a router on the public network and a host behind it.

Neither has a route to any address of the cloud other than its public ones.
"""

import contextlib
import re
from pathlib import Path

from tests.lab.machines.host import SYSTEM_PYTHON, Host
from tests.lab.machines.namespace import create_namespace
from tests.lab.machines.pings import Pings, ping_command, read_pings
from tests.lab.machines.session import Process
from tests.lab.machines.switch import Switch
from tests.lab.machines.topology import OUTSIDE_HOST, ROUTER, ROUTER_OUTSIDE

TCP_PEER = Path(__file__).with_name("tcp_peer.py")
ADDRESS_PORT = 8000


class Stream:
    """A TCP stream from outside that sends a number every 20 ms and gets it echoed."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def last_echo_time(self) -> float:
        """Return when the last echo arrived, on the clock of `time.time()`."""
        times = re.findall(r"^(\d+\.\d+) ", self.process.out, re.MULTILINE)
        return float(times[-1]) if times else 0.0


class Outside(Host):
    """The outside host. Its port 8000 answers each caller with the source address that it sees."""

    def __init__(self, host: Host, router: Host) -> None:
        super().__init__(host.name, host.session, host.prefix)
        self.address = OUTSIDE_HOST.ip
        self.router = router
        argv = (SYSTEM_PYTHON, "-I", "-S", str(TCP_PEER), "serve", str(ADDRESS_PORT))
        self._server = self.start(*argv)
        self._server.wait_until(lambda: "serving" in self._server.out, "server", 30)

    def pings(self, address: object, count: int = 5) -> Pings:
        """Ping an address and return the counts."""
        result = self.attempt("sh", "-c", ping_command(address, count))
        return read_pings(result.out + result.err)

    def stream(self, address: object, port: int) -> Stream:
        """Open a TCP stream to an echo server and return after the first echo."""
        argv = (SYSTEM_PYTHON, "-I", "-S", str(TCP_PEER), "stream", str(address), str(port))
        process = self.start(*argv)
        process.wait_until(lambda: "\n" in process.out or not process.alive, "echo", 30)
        assert process.alive, f"no TCP stream to {address} port {port}: {process.output}"
        return Stream(process)


def build_outside(public: Switch, stack: contextlib.ExitStack) -> Outside:
    """Create the router, on the public switch, and the host behind it."""
    parent = public.host
    router = stack.enter_context(create_namespace("router", parent))
    host = stack.enter_context(create_namespace("outside", parent))
    public.plug_namespace(router, "eth0", "02:00:00:00:99:01")
    parent.run(
        *("ip", "link", "add", "eth1", "netns", str(router.holder.pid), "type", "veth"),
        *("peer", "name", "eth0", "netns", str(host.holder.pid)),
    )
    router.sh(
        f"ip addr add {ROUTER} dev eth0; ip addr add {ROUTER_OUTSIDE} dev eth1;"
        "ip link set eth0 up; ip link set eth1 up; sysctl -qw net.ipv4.ip_forward=1"
    )
    host.sh(
        f"ip addr add {OUTSIDE_HOST} dev eth0; ip link set eth0 up;"
        f"ip route add default via {ROUTER_OUTSIDE.ip}"
    )
    return Outside(host, router)
