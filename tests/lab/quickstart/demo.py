"""The quickstart's process inside the isolation: bring up a cloud, run the story, show the checks.

A socket connects it to the process outside (__main__.py): it sends "kept" once the cloud is to stay
up, and takes everything down when the other end is closed before.
"""

import argparse
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tests.lab.cloud.checks import Check, format_table
from tests.lab.cloud.cloud import Cloud
from tests.lab.cloud.story import Story
from tests.lab.machines.site import Form
from tests.lab.quickstart.diagram import draw_diagram
from tests.lab.quickstart.keep import keep


@dataclass(frozen=True)
class Step:
    """A step of the story."""

    number: int
    text: str
    run: Callable[[], list[Check]]


def list_steps(story: Story) -> list[Step]:
    """Return the steps from the first guest to the last."""
    return [
        Step(1, "four networks and fourteen floating IPs exist", story.check_networks),
        Step(2, "vm1, vm2 and vm3 boot side by side", story.boot_guests),
        Step(3, "vm1 and vm3 ping each other across the trunk", story.check_project_traffic),
        Step(3, "vm1 and vm2 try to reach each other", story.check_isolation),
        Step(3, "all guests connect to the outside host", story.check_outbound_traffic),
        Step(4, "vm3 gets a floating IP", story.associate_floating_ip),
        Step(4, "vm3 loses the floating IP", story.disassociate_floating_ip),
        Step(5, "vm2, the last guest of project b, is deleted", story.delete_last_guest_of_project),
        Step(5, "vm1 is deleted; its address rests until its lease has ended", story.delete_guest),
    ]


class Interrupted(BaseException):
    """A signal requests that everything is taken down."""


def main(argv: list[str]) -> int:
    """Run the demo; return 0 if every check succeeded, 1 if not, 130 if interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--form", type=Form)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args(argv)
    peer = socket.socket(fileno=arguments.socket)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    threading.Thread(target=_watch, args=(peer,), daemon=True).start()
    keep_up = (lambda cloud: keep(cloud, peer)) if arguments.keep else None
    demo = Demo()
    try:
        with Cloud(arguments.directory, form=arguments.form, progress=demo.print_progress) as cloud:
            ok = demo.run(cloud, keep_up)
            demo.print_progress("taking everything down")
    except Interrupted:
        demo.print_progress("interrupted; everything was taken down")
        return 130
    except Exception as error:  # noqa: BLE001 - the top of the program: print a readable message
        demo.print_failure(error)
        return 1
    return 0 if ok else 1


def _interrupt(number: int, _: object) -> NoReturn:
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)  # nothing may interrupt the clean-up
    raise Interrupted(number)


def _watch(peer: socket.socket) -> None:
    if peer.recv(1) == b"":
        os.kill(os.getpid(), signal.SIGTERM)


class Demo:
    """Runs the story and prints what a user reads."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._current = "building the cloud"

    def print_progress(self, text: str) -> None:
        """Print a line of progress."""
        print(f"[{time.monotonic() - self._started:6.1f} s] {text}", flush=True)

    def run(self, cloud: Cloud, keep_up: Callable[[Cloud], None] | None) -> bool:
        """Run the story and print its checks; return whether all of them succeeded.

        `keep_up` keeps the cloud and returns when it is to be taken down.
        """
        checks: list[Check] = []
        diagram = ""
        try:
            cloud.deploy()
            story = Story(cloud)
            for step in list_steps(story):
                if step.number == 5:
                    diagram = diagram or draw_diagram(cloud)
                self._current = f"step {step.number}: {step.text}"
                self.print_progress(self._current)
                checks += step.run()
            if keep_up is not None:
                self.print_progress("vm1 and vm2 boot again, for the cloud that stays up")
                story.boot_deleted_guests()
                diagram = draw_diagram(cloud)
        except Exception as error:
            error.add_note(f"warnings in the logs:\n{cloud.format_warnings() or '(none)'}")
            raise
        print(f"\n{diagram}\n\n{format_table(checks)}\n", flush=True)
        ok = all(check.ok for check in checks)
        if not ok:
            print(f"warnings in the logs:\n{cloud.format_warnings()}\n", flush=True)
        elif keep_up is not None:
            keep_up(cloud)
        return ok

    def print_failure(self, error: Exception) -> None:
        """Print which step failed, why, and the warnings in the logs."""
        notes = getattr(error, "__notes__", [])
        self.print_progress(f"FAILED: {self._current}")
        print("\n".join([f"{type(error).__name__}: {error}", *notes]), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
