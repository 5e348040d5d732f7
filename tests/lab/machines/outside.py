"""The world outside the cloud: a router on the public network and a host behind it.

Neither knows a route to any address of the cloud but its public ones.
"""

import contextlib
import re
from pathlib import Path

from tests.lab.machines.host import SYSTEM_PYTHON, Place
from tests.lab.machines.namespace import space
from tests.lab.machines.pings import Pings, ping_command, read_pings
from tests.lab.machines.session import Process
from tests.lab.machines.switch import Trunk
from tests.lab.machines.topology import OUTSIDE_HOST, ROUTER, ROUTER_BACK

PEER = Path(__file__).with_name("tcp_peer.py")
WHO_PORT = 8000


class Stream:
    """A TCP stream from outside that says something every 20 ms and hears it again."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def last_heard(self) -> float:
        """Return when the last echo came, on the clock of `time.time()`."""
        times = re.findall(r"^(\d+\.\d+) ", self.process.out, re.MULTILINE)
        return float(times[-1]) if times else 0.0


class Outside(Place):
    """The host outside. Caller calls its port 8000 is told the address that the world sees."""

    def __init__(self, host: Place, router: Place) -> None:
        super().__init__(host.name, host.line, host.prefix)
        self.address = OUTSIDE_HOST.ip
        self.router = router
        self._server = self.start(SYSTEM_PYTHON, "-I", "-S", str(PEER), "serve", str(WHO_PORT))
        self._server.wait_until(lambda: "serving" in self._server.out, "server", 30)

    def pings(self, address: object, count: int = 5) -> Pings:
        """Ping and return the counts."""
        result = self.attempt("sh", "-c", ping_command(address, count))
        return read_pings(result.out + result.err)

    def stream(self, address: object, port: int) -> Stream:
        """Open a TCP stream to an echoing port and return once it is heard."""
        argv = (SYSTEM_PYTHON, "-I", "-S", str(PEER), "stream", str(address), str(port))
        process = self.start(*argv)
        process.wait_until(lambda: "\n" in process.out or not process.alive, "echo", 30)
        assert process.alive, f"no TCP stream to {address} port {port}: {process.output}"
        return Stream(process)


def build_outside(public: Trunk, stack: contextlib.ExitStack) -> Outside:
    """Make the router, on the public switch, and the host behind it."""
    ground = public.place
    router = stack.enter_context(space("router", ground))
    host = stack.enter_context(space("outside", ground))
    public.plug_space(router, "eth0", "02:00:00:00:99:01")
    ground.run(
        *("ip", "link", "add", "eth1", "netns", str(router.holder.pid), "type", "veth"),
        *("peer", "name", "eth0", "netns", str(host.holder.pid)),
    )
    router.sh(
        f"ip addr add {ROUTER} dev eth0; ip addr add {ROUTER_BACK} dev eth1;"
        "ip link set eth0 up; ip link set eth1 up; sysctl -qw net.ipv4.ip_forward=1"
    )
    host.sh(
        f"ip addr add {OUTSIDE_HOST} dev eth0; ip link set eth0 up;"
        f"ip route add default via {ROUTER_BACK.ip}"
    )
    return Outside(host, router)
