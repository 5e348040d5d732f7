"""A thread that must not end by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Worker:
    """Runs ``target`` in a thread; if that raises, ``failed`` is set and ``on_failure`` called."""

    def __init__(
        self, name: str, target: Callable[[], None], on_failure: Callable[[], None]
    ) -> None:
        self.failed = False
        self._target = target
        self._on_failure = on_failure
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread has ended, if it was started."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._target()
        except BaseException:
            self.failed = True
            self._on_failure()
            raise
