"""A progress line on stderr for commands that take more than two seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

CLEAR_LINE = "\r\x1b[K"


@contextmanager
def show_progress(
    stream: TextIO, name: str, *, first_seconds: float = 2.0, interval_seconds: float = 10.0
) -> Iterator[None]:
    """Print how long the block has been running: one line that changes on a terminal, else many.

    :param name: of the program
    """
    is_terminal = stream.isatty()
    done = threading.Event()
    began = time.monotonic()

    def print_progress() -> None:
        if done.wait(first_seconds):
            return
        while True:
            text = f"{name}: working, {time.monotonic() - began:.0f} s so far"
            stream.write(f"{CLEAR_LINE}{text}" if is_terminal else f"{text}\n")
            stream.flush()
            if done.wait(1.0 if is_terminal else interval_seconds):
                break
        if is_terminal:
            stream.write(CLEAR_LINE)
            stream.flush()

    thread = threading.Thread(target=print_progress, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
