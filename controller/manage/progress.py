"""A progress line on stderr for commands that take more than two seconds."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self, TextIO

TERMINAL_INTERVAL_SECONDS = 1.0  # the line is overwritten


class Progress:
    """Prints how long the block has been running: rewrites one line on a terminal, else appends."""

    def __init__(
        self,
        stream: TextIO,
        name: str,
        *,
        first_seconds: float = 2.0,
        interval_seconds: float = 10.0,
    ) -> None:
        self._stream = stream
        self._name = name
        self._is_terminal = stream.isatty()
        self._first_seconds = first_seconds
        self._interval_seconds = (
            TERMINAL_INTERVAL_SECONDS if self._is_terminal else interval_seconds
        )
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        began = time.monotonic()
        if self._done.wait(self._first_seconds):
            return
        while True:
            self._print(f"{self._name}: working, {time.monotonic() - began:.0f} s so far")
            if self._done.wait(self._interval_seconds):
                break
        if self._is_terminal:
            self._write("\r\x1b[K")  # go to the start of the line and clear it

    def _print(self, text: str) -> None:
        self._write(f"\r{text}" if self._is_terminal else f"{text}\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
