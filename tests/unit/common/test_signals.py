"""What a daemon does when a signal arrives."""

from __future__ import annotations

import subprocess
import sys
import textwrap

# A program whose main thread waits on an event with timeouts all the time, and so holds the lock of
# the event at most moments at which a signal can arrive.
PROGRAM = textwrap.dedent(
    """
    import os, signal, sys, threading
    from cloudnet.common.signals import call_on

    for _ in range(300):
        stop = threading.Event()
        call_on((signal.SIGTERM,), lambda number: stop.set())
        sender = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM))
        sender.start()
        while not stop.is_set():
            stop.wait(0.00001)
        sender.join()
    print("stopped")
    """
)

BUGGY = textwrap.dedent(
    """
    import os, signal, threading
    from cloudnet.common.signals import call_on

    calls, done = [], threading.Event()

    def act(number):
        calls.append(number)
        if len(calls) == 1:
            raise ValueError("first")
        done.set()

    call_on((signal.SIGHUP,), act)
    os.kill(os.getpid(), signal.SIGHUP)
    while not calls:
        done.wait(0.01)
    os.kill(os.getpid(), signal.SIGHUP)
    print(done.wait(10), calls[0].name)
    """
)


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def test_a_signal_that_interrupts_a_wait_on_the_event_that_it_sets_blocks_nothing() -> None:
    assert run(PROGRAM) == "stopped"


def test_a_signal_has_its_effect_also_after_one_that_met_a_bug() -> None:
    assert run(BUGGY) == "True SIGHUP"
