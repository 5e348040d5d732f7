"""Switches: bridges that pass tagged frames as a trunk port does, and can be listened to."""

import contextlib
import signal
from collections.abc import Iterator

from tests.lab.machines.host import Place
from tests.lab.machines.namespace import Space
from tests.lab.machines.session import LineLostError, Process


class Capture:
    """Frames seen so far, a line each, as tcpdump prints them with their Ethernet header."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def __str__(self) -> str:
        return "\n".join(self.frames)

    @property
    def frames(self) -> list[str]:
        """The frames that have been printed to the end of their line."""
        *synced, _ = self._process.out.split("\n")
        return [line for line in synced if line]  # tcpdump ends with an empty one


class Trunk:
    """A switch that all nodes are plugged into. It knows nothing of VLANs: it passes what comes."""

    def __init__(self, place: Place, name: str) -> None:
        self.place = place
        self.name = name
        self._wires: list[str] = []  # links that were made for this switch
        # Nobody else is on this wire: no spanning tree to wait for, no multicast to be clever with.
        place.run(
            *("ip", "link", "add", name, "type", "bridge"),
            *("forward_delay", "0", "stp_state", "0", "mcast_snooping", "0"),
        )
        place.run("ip", "link", "set", name, "up")

    def plug(self, link: str) -> None:
        """Plug in a link that this place has."""
        self.place.run("ip", "link", "set", link, "master", self.name, "up")

    def plug_tap(self, tap: str) -> None:
        """Make the wire for a machine's card and plug it in."""
        self.place.run("ip", "tuntap", "add", tap, "mode", "tap")
        self._wires.append(tap)
        self.plug(tap)

    def plug_space(self, space: Space, nic: str, mac: str) -> None:
        """Give a namespace a card on this switch."""
        wire = f"{space.name}-{nic}"
        self.place.run(
            *("ip", "link", "add", wire, "type", "veth", "peer", "name", nic),
            *("address", mac, "netns", str(space.holder.pid)),
        )
        self._wires.append(wire)
        self.plug(wire)

    def remove(self) -> None:
        """Take it away with its wires; where its place is gone, so is it."""
        with contextlib.suppress(LineLostError):
            for link in (*self._wires, self.name):
                self.place.attempt("ip", "link", "delete", link)

    @contextlib.contextmanager
    def capture(self, *expression: str) -> Iterator[Capture]:
        """Listen while the body runs; `expression` is tcpdump's."""
        process = self.place.start(
            "tcpdump", "-i", self.name, "-e", "-n", "-l", "--immediate-mode", *expression
        )
        process.wait_until(lambda: "listening on" in process.err, "word that it listens", 30)
        try:
            yield Capture(process)
        finally:
            process.kill(signal.SIGINT)
            process.wait(10)
