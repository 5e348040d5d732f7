"""A guest that is a real machine, under QEMU: its own kernel, network stack and DHCP client.

QEMU always runs without hardware virtualisation, so that a guest is the same on every machine. Its
serial console is QEMU's own input and output, through which guest-init takes commands.
"""

import itertools
import re
import shlex
from collections.abc import Sequence

from tests.lab.machines.guest import Card, Guest, ReportedLease
from tests.lab.machines.guest_image import GuestImage
from tests.lab.machines.host import Host
from tests.lab.machines.session import Process

KERNEL_ARGUMENTS = "console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off nokaslr"


class EmulatedCommand:
    """A command in the guest; several share one serial console."""

    def __init__(self, console: Process, number: int, text: str) -> None:
        self._console = console
        self._number = number
        self._text = text
        self._output_line = re.compile(rf"^@{number} (.*)\r?\n", re.MULTILINE)

    @property
    def output(self) -> str:
        return "\n".join(line for line in self._lines() if not line.startswith("="))

    @property
    def status(self) -> int | None:
        ends = [line for line in self._lines() if line.startswith("=")]
        return int(ends[-1][1:]) if ends else None

    def wait(self, timeout: float = 30) -> int:
        self._console.wait_until(
            lambda: self.status is not None, f"end of `{self._text}` in the guest", timeout
        )
        assert self.status is not None
        return self.status

    def end(self) -> None:
        self._console.write(f"end {self._number}\n")

    def _lines(self) -> list[str]:
        return [line.rstrip("\r") for line in self._output_line.findall(self._console.output)]


class EmulatedGuest(Guest):
    """A guest under QEMU."""

    def __init__(self, name: str, node: Host, cards: Sequence[Card], image: GuestImage) -> None:
        super().__init__(name, node, cards)
        self._image = image
        self._numbers = itertools.count(1)
        self._process: Process | None = None  # None until it is powered on

    @property
    def process(self) -> Process:
        """QEMU; its input and output are the guest's console."""
        assert self._process is not None, f"{self.name} is not powered on"
        return self._process

    @property
    def console(self) -> str:
        return self.process.output.replace("\r", "")

    def create_links(self) -> None:
        for card in self.cards:
            self.node.run("ip", "tuntap", "add", card.link, "mode", "tap")

    def power_on(self) -> None:
        self._process = self.node.start(*self._qemu())

    def power_off(self) -> None:
        self.process.kill()
        self.process.wait(20)
        for card in self.cards:
            self.node.run("ip", "link", "delete", card.link)

    def wait_until_up(self, timeout: float = 240) -> ReportedLease:
        self.process.wait_until(lambda: bool(self.leases), f"lease for {self.name}", timeout)
        return self.leases[0]

    def start(self, command: str) -> EmulatedCommand:
        number = next(self._numbers)
        self.process.write(f"go {number} {shlex.quote(command)}\n")
        return EmulatedCommand(self.process, number, command)

    def _qemu(self) -> list[str]:
        cards = [
            word
            for number, card in enumerate(self.cards)
            for word in (
                *("-netdev", f"tap,id=net{number},ifname={card.link},script=no,downscript=no"),
                *("-device", f"virtio-net-pci,netdev=net{number},mac={card.mac},romfile="),
            )
        ]
        return [
            *("qemu-system-x86_64", "-name", self.name, "-M", "pc", "-accel", "tcg,tb-size=32"),
            *("-m", "96", "-nodefaults", "-display", "none", "-no-reboot"),
            *("-kernel", str(self._image.kernel), "-initrd", str(self._image.initramfs)),
            *("-append", KERNEL_ARGUMENTS),
            *("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"),
            *cards,
        ]
