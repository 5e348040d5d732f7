"""A sign of life for what takes more than two seconds."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self, TextIO

FIRST_SECONDS = 2.0
AGAIN_SECONDS = 10.0  # where lines stay; on a terminal one line is renewed every second


class Progress:
    """While the block runs, tell now and then that it does."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._on_terminal = stream.isatty()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="patience", daemon=True)

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
        pause = FIRST_SECONDS
        while not self._done.wait(pause):
            pause = 1.0 if self._on_terminal else AGAIN_SECONDS
            text = f"{self._name}: working, {time.monotonic() - began:.0f} s so far"
            self._stream.write(f"\r{text}" if self._on_terminal else f"{text}\n")
            self._stream.flush()
        if self._on_terminal and time.monotonic() - began > FIRST_SECONDS:
            self._stream.write("\r\x1b[K")  # to the start of the line, and wipe it
            self._stream.flush()
