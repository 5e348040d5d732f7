"""A machine with a kernel of its own: User-Mode Linux on the lab host's file system.

It needs no hardware virtualisation and no disk image. Its network cards are taps in the namespace
where it is started, its first console goes to a log, its second carries the session with a command
server.
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
from tests.lab.machines.host import SERVER, Host
from tests.lab.machines.session import Session, SessionLostError

INIT = Path(__file__).with_name("node-init")
FULL_XSTATE = Path(__file__).with_name("full-xstate.c")
KERNEL = "linux.uml"


@dataclass(frozen=True)
class Card:
    """A network card: its name in the machine, the tap outside, its MAC address."""

    name: str
    tap: str
    mac: str


class Machine:
    """`with Machine(…) as machine:` starts it; `machine.host()` waits until it is up.

    These are two steps so that several machines can boot side by side. The taps must exist before.
    """

    def __init__(
        self, name: str, cards: Sequence[Card], directory: Path, memory: str = "1G"
    ) -> None:
        self.name = name
        self.console = directory / f"{name}-console.log"
        self._preload = directory / f"{name}-full-xstate.so"
        self._near, self._far = socket.socketpair()
        self._argv = [
            KERNEL,
            *(f"mem={memory}", f"umid={name}", f"uml_dir={directory}/uml"),
            *("root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "quiet", f"init={INIT}"),
            *(f"NODE={name}", f"SERVER={SERVER}", f"NICS={','.join(c.name for c in cards)}"),
            *(
                f"vec{number}:transport=tap,ifname={card.tap},depth=128,gro=1,mac={card.mac}"
                for number, card in enumerate(cards)
            ),
            *("con=null", "con0=fd:0,fd:1", f"con1=fd:{self._far.fileno()}"),
        ]

    def __enter__(self) -> Self:
        self.console.parent.mkdir(parents=True, exist_ok=True)
        _compile(FULL_XSTATE, self._preload)
        with self.console.open("ab") as log:
            self._kernel = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(self._far.fileno(),),
                env={
                    **os.environ,
                    # The machine's memory is a temporary file: keep it off the disk.
                    "TMPDIR": "/dev/shm",  # noqa: S108 - a private one
                    "LD_PRELOAD": str(self._preload),
                },
                start_new_session=True,
            )
        self._far.close()
        self._session = Session(self.name, self._near.fileno(), self._near.fileno())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Nothing of the machine is kept, so it is not shut down in order.
        os.killpg(self._kernel.pid, signal.SIGKILL)
        self._kernel.wait()
        self._near.shutdown(socket.SHUT_RDWR)
        self._near.close()

    def host(self, timeout: float = 120) -> Host:
        """Wait until the machine is up.

        An error about a failed boot comes with the last lines of the console's log.
        """
        try:
            self._session.wait_until_ready(timeout)
        except (SessionLostError, TimedOutError) as error:
            last = self.console.read_text(errors="replace").splitlines()[-15:]
            error.add_note("\n".join([f"the last lines of {self.name}'s console:", *last]))
            raise
        return Host(self.name, self._session)


def _compile(source: Path, library: Path) -> None:
    subprocess.run(("gcc", "-O2", "-shared", "-fPIC", "-o", library, source), check=True)
