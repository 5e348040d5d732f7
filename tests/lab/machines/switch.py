"""Switches: bridges that pass tagged frames as a trunk port does, and capture frames."""

import contextlib
import signal
from collections.abc import Iterator

from tests.lab.machines.host import Host
from tests.lab.machines.namespace import Namespace
from tests.lab.machines.session import Process, SessionLostError


class Capture:
    """The frames captured so far, one line each, as tcpdump prints them with Ethernet header."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def __str__(self) -> str:
        return "\n".join(self.frames)

    @property
    def frames(self) -> list[str]:
        """The frames whose line is complete."""
        *complete, _ = self._process.out.split("\n")
        return [line for line in complete if line]  # tcpdump ends with an empty line


class Switch:
    """A switch without knowledge of VLANs: it forwards tagged frames like any others."""

    def __init__(self, host: Host, name: str) -> None:
        self.host = host
        self.name = name
        self._links: list[str] = []  # created for this switch
        # There are no other bridges here: no spanning tree delay and no multicast snooping.
        host.run(
            *("ip", "link", "add", name, "type", "bridge"),
            *("forward_delay", "0", "stp_state", "0", "mcast_snooping", "0"),
        )
        host.run("ip", "link", "set", name, "up")

    def plug(self, link: str) -> None:
        """Connect an existing link of this host."""
        self.host.run("ip", "link", "set", link, "master", self.name, "up")

    def plug_tap(self, tap: str) -> None:
        """Create the tap of a machine's card and connect it."""
        self.host.run("ip", "tuntap", "add", tap, "mode", "tap")
        self._links.append(tap)
        self.plug(tap)

    def plug_namespace(self, namespace: Namespace, nic: str, mac: str) -> None:
        """Give a namespace a card on this switch."""
        link = f"{namespace.name}-{nic}"
        self.host.run(
            *("ip", "link", "add", link, "type", "veth", "peer", "name", nic),
            *("address", mac, "netns", str(namespace.holder.pid)),
        )
        self._links.append(link)
        self.plug(link)

    def remove(self) -> None:
        """Delete the switch and its links, unless they are gone with their host."""
        with contextlib.suppress(SessionLostError):
            for link in (*self._links, self.name):
                self.host.attempt("ip", "link", "delete", link)

    @contextlib.contextmanager
    def capture(self, *expression: str) -> Iterator[Capture]:
        """Capture frames while the body runs; `expression` is tcpdump's."""
        process = self.host.start(
            "tcpdump", "-i", self.name, "-e", "-n", "-l", "--immediate-mode", *expression
        )
        process.wait_until(lambda: "listening on" in process.err, "start of the capture", 30)
        try:
            yield Capture(process)
        finally:
            process.kill(signal.SIGINT)
            process.wait(10)
