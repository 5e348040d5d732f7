"""The quickstart's part inside the isolation: bring the cloud up, tell its story, show it.

It talks to quickstart.py, its other part, over a socket: it says "kept" once the cloud stays, and
takes everything down when the other end hangs up before.
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

from tests.lab.cloud.checks import Check, table
from tests.lab.cloud.cloud import Cloud
from tests.lab.cloud.story import Story
from tests.lab.machines.site import Form
from tests.lab.quickstart.diagram import picture
from tests.lab.quickstart.keep import keep


@dataclass(frozen=True)
class Step:
    """A step of the story: its number in it, what happens, and who checks it."""

    number: int
    text: str
    check: Callable[[], list[Check]]


def steps(story: Story) -> list[Step]:
    """Return the story from the first guest to the last."""
    return [
        Step(1, "four networks and fourteen floating IPs are there", story.networks_appear),
        Step(2, "vm1, vm2 and vm3 boot side by side", story.guests_boot),
        Step(3, "vm1 and vm3 ping each other across the trunk", story.neighbours_meet),
        Step(3, "vm1 and vm2 try to reach each other", story.strangers_do_not),
        Step(3, "everyone calls the outside host", story.everyone_gets_out),
        Step(4, "vm3 gets a floating IP", story.floating_ip_arrives),
        Step(4, "the floating IP leaves vm3", story.floating_ip_leaves),
        Step(5, "vm2, the last guest of project b, is deleted", story.the_last_guest_goes),
        Step(5, "vm1 is deleted, and its address rests for 30 s", story.a_guest_goes),
    ]


class Interrupted(BaseException):
    """Somebody wants everything taken down."""


def main(argv: list[str]) -> int:
    """Show the cloud; 0 if every check held, 1 if not, 130 if interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--other-end", type=int, required=True)
    parser.add_argument("--form", type=Form)
    parser.add_argument("--keep", action="store_true")
    wanted = parser.parse_args(argv)
    other_end = socket.socket(fileno=wanted.other_end)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    threading.Thread(target=_watch, args=(other_end,), daemon=True).start()
    stay = (lambda cloud: keep(cloud, other_end)) if wanted.keep else None
    showing = Showing()
    try:
        with Cloud(wanted.directory, form=wanted.form, progress=showing.say) as cloud:
            held = showing.tell(cloud, stay)
            showing.say("taking everything down")
    except Interrupted:
        showing.say("interrupted; everything was taken down")
        return 130
    except Exception as error:  # noqa: BLE001 - the last place where it can be told in words
        showing.complain(error)
        return 1
    return 0 if held else 1


def _interrupt(number: int, _: object) -> NoReturn:
    for more in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(more, signal.SIG_IGN)  # the clean-up is not to be interrupted
    raise Interrupted(number)


def _watch(other_end: socket.socket) -> None:
    if other_end.recv(1) == b"":
        os.kill(os.getpid(), signal.SIGTERM)


class Showing:
    """What the person at the terminal reads."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._doing = "building the cloud"

    def say(self, text: str) -> None:
        """Print a line of progress."""
        print(f"[{time.monotonic() - self._started:6.1f} s] {text}", flush=True)

    def tell(self, cloud: Cloud, stay: Callable[[Cloud], None] | None) -> bool:
        """Tell the story and print what came of it; say whether all of it held.

        `stay` keeps the cloud, and returns when somebody wants it down.
        """
        checks: list[Check] = []
        shown = ""
        try:
            cloud.open()
            story = Story(cloud)
            for step in steps(story):
                if step.number == 5:
                    shown = shown or picture(cloud)
                self._doing = f"step {step.number}: {step.text}"
                self.say(self._doing)
                checks += step.check()
            if stay is not None:
                self.say("vm1 and vm2 boot once more, to be looked at")
                story.guests_come_back()
                shown = picture(cloud)
        except Exception as error:
            error.add_note(f"the logs' own words:\n{cloud.complaints() or '(no complaints)'}")
            raise
        print(f"\n{shown}\n\n{table(checks)}\n", flush=True)
        held = all(check.ok for check in checks)
        if not held:
            print(f"the logs' own words:\n{cloud.complaints()}\n", flush=True)
        elif stay is not None:
            stay(cloud)
        return held

    def complain(self, error: Exception) -> None:
        """Say what failed, where, and what the logs say about it."""
        notes = getattr(error, "__notes__", [])
        self.say(f"FAILED: {self._doing}")
        print("\n".join([f"{type(error).__name__}: {error}", *notes]), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
