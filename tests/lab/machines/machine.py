"""A machine with a kernel of its own: User-Mode Linux on the machine's own file system.

It needs no virtualisation and no disk image. Its network cards are taps in the namespace it is
started in, its console goes to a log, and its second console is the line to a command server.
"""

import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.fixtures.waiting import TimedOutError
from tests.lab.machines.host import SERVER, Place
from tests.lab.machines.session import Line, LineLostError

INIT = Path(__file__).with_name("node-init")
WHOLE_XSTATE = Path(__file__).with_name("full-xstate.c")
KERNEL = "linux.uml"


@dataclass(frozen=True)
class Card:
    """A network card: its name inside, the tap outside that it is wired to, its address."""

    name: str
    tap: str
    mac: str


class Machine:
    """`with Machine(…) as machine:` starts it; `machine.place()` waits until it is up.

    The two are apart so that several can boot side by side. The taps have to exist beforehand.
    """

    def __init__(
        self, name: str, cards: Sequence[Card], directory: Path, memory: str = "1G"
    ) -> None:
        self.name = name
        self.console = directory / f"{name}-console.log"
        self._preloaded = directory / f"{name}-full-xstate.so"
        self._ours, self._theirs = socket.socketpair()
        self._argv = [
            KERNEL,
            *(f"mem={memory}", f"umid={name}", f"uml_dir={directory}/uml"),
            *("root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "quiet", f"init={INIT}"),
            *(f"NODE={name}", f"SERVER={SERVER}", f"NICS={','.join(c.name for c in cards)}"),
            *(
                f"vec{number}:transport=tap,ifname={card.tap},depth=128,gro=1,mac={card.mac}"
                for number, card in enumerate(cards)
            ),
            *("con=null", "con0=fd:0,fd:1", f"con1=fd:{self._theirs.fileno()}"),
        ]

    def __enter__(self) -> Self:
        self.console.parent.mkdir(parents=True, exist_ok=True)
        _compile(WHOLE_XSTATE, self._preloaded)
        with self.console.open("ab") as log:
            self._kernel = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(self._theirs.fileno(),),
                env={
                    **os.environ,
                    # Its memory is a file that nobody else sees; keep that off the disk.
                    "TMPDIR": "/dev/shm",  # noqa: S108 - a private one
                    "LD_PRELOAD": str(self._preloaded),
                },
                start_new_session=True,
            )
        self._theirs.close()
        self._line = Line(self.name, self._ours.fileno(), self._ours.fileno())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Nothing of it is kept, so there is nothing to shut down in order.
        os.killpg(self._kernel.pid, signal.SIGKILL)
        self._kernel.wait()
        self._ours.shutdown(socket.SHUT_RDWR)
        self._ours.close()

    def place(self, timeout: float = 120) -> Place:
        """Wait until it is up; a boot that fails says so with the end of the console's log."""
        try:
            self._line.wait_until_ready(timeout)
        except (LineLostError, TimedOutError) as error:
            last = self.console.read_text(errors="replace").splitlines()[-15:]
            error.add_note("\n".join([f"the console of {self.name} ended with:", *last]))
            raise
        return Place(self.name, self._line)


def _compile(source: Path, library: Path) -> None:
    subprocess.run(("gcc", "-O2", "-shared", "-fPIC", "-o", library, source), check=True)
