"""A program's standard output: a write that fails is noticed, and reported once at the end.

Standard library only.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

CLOSED_PIPE_STATUS = 141  # what a shell shows for a program that SIGPIPE ended


class Output:
    """A text stream that keeps the first error of a write and drops what follows.

    A command must not be interrupted halfway because its output cannot be written: what it
    changes in the database is not undone by that, and hosts wait to be notified.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream  # None: standard output was closed when the program started
        self.error: OSError | None = None

    def __getattr__(self, name: str) -> Any:  # Any: whatever the stream has
        if self._stream is None:
            raise AttributeError(name)
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write the text, or remember why it cannot be written."""
        if self.error is None:
            try:
                self._write(text)
            except OSError as error:
                self.error = error
        return len(text)

    def _write(self, text: str) -> None:
        if self._stream is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        try:
            self._stream.write(text)
        except UnicodeEncodeError:  # a terminal that cannot show every character
            encoding = self._stream.encoding or "ascii"
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))

    def flush(self) -> None:
        """Write what is buffered, or remember why it cannot be written."""
        if self._stream is not None and self.error is None:
            try:
                self._stream.flush()
            except OSError as error:
                self.error = error

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream is not None and self._stream.isatty()


def finish(name: str, output: Output, status: int) -> int:
    """Flush the output and return the exit status: that of the program, or that of lost output."""
    output.flush()
    if output.error is None:
        return status
    _discard(output)
    if isinstance(output.error, BrokenPipeError):
        return status or CLOSED_PIPE_STATUS  # the reader has read enough, as with `| head`
    with suppress(OSError, AttributeError):
        sys.stderr.write(f"{name}: cannot write the output: {output.error.strerror}\n")
    return status or 1


def _discard(output: Output) -> None:
    """Let the interpreter's own flush at exit succeed; it would print a second message."""
    with suppress(OSError, AttributeError, ValueError):
        descriptor = output.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, descriptor)
        os.close(null)
