"""The near end of a command server: start commands over a pair of descriptors and follow them.

One thread reads everything that the far end sends and passes it to the `Process` concerned, so that
any number of commands run at once over one serial line. command_server.py is the far end and
describes the messages; docs/decisions/0016 explains why both are our own.
"""

import codecs
import itertools
import json
import os
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.fixtures.waiting import TimedOutError

Listener = Callable[[str], None]

INPUT_CHUNK = 1024
"""Bytes of input per order: a serial console of User-Mode Linux hangs for good when it is sent 4095
bytes at once."""
ORDER_TIMEOUT = 60
"""Seconds until an order without an answer counts as lost."""


class SessionLostError(Exception):
    """The far end is gone with all its commands, because its kernel crashed or halted."""


class Process:
    """A command on the far end; `pid` is its number there."""

    def __init__(
        self, session: "Session", ident: int, argv: Sequence[str], log: Path | None
    ) -> None:
        self.argv = tuple(argv)
        self.pid = 0
        self.status: int | None = None  # None while it runs; negative: the signal that ended it
        self.out = ""
        self.err = ""
        self.output = ""
        """Standard output and error, interleaved as they arrived."""
        self._session = session
        self._ident = ident
        self._log = log
        self._listeners: list[Listener] = []
        # A message may end in the middle of a character: each stream has a decoder of its own.
        self._decode_out = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._decode_err = codecs.getincrementaldecoder("utf-8")("replace").decode

    @property
    def alive(self) -> bool:
        """Whether it runs; False once the session is lost."""
        return self.status is None and not self._session.lost

    def write(self, text: str) -> None:
        """Write to its standard input."""
        data = text.encode().decode("latin-1")
        for start in range(0, len(data), INPUT_CHUNK):
            self._session.send({"input": self._ident, "data": data[start : start + INPUT_CHUNK]})

    def close_input(self) -> None:
        self._session.send({"close": self._ident})

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal, unless the process has ended."""
        if self.alive:
            self._session.send({"signal": self._ident, "number": int(number)})

    def stop(self, timeout: float = 20) -> int:
        """Send SIGTERM, after `timeout` seconds SIGKILL, and return the exit status."""
        self.kill(signal.SIGTERM)
        try:
            return self.wait(timeout)
        except TimedOutError:
            self.kill()
            return self.wait(timeout)

    def wait(self, timeout: float = 30) -> int:
        """Return the exit status."""
        self.wait_until(lambda: self.status is not None, "end", timeout)
        assert self.status is not None
        return self.status

    def wait_until(self, condition: Callable[[], bool], what: str, timeout: float) -> None:
        """Wait for a condition that depends on the output or the end of this process."""
        changed = self._session.changed
        with changed:
            if not changed.wait_for(lambda: condition() or self._session.lost, timeout):
                command = " ".join(self.argv)
                raise TimedOutError(
                    f"{command}: no {what} in {timeout:g} s; output: {self.output[-600:]}"
                )
            if not condition():
                raise SessionLostError(f"{' '.join(self.argv)}: its host is gone")

    def add_listener(self, listener: Listener, *, replay: bool = False) -> Callable[[], None]:
        """Pass all further output to `listener`; with `replay`, the output so far first.

        Returns a function that removes the listener. A listener runs in the session's thread and
        must not wait for anything that arrives in this session.
        """
        with self._session.changed:
            if replay and self.output:
                listener(self.output)
            self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def receive(self, message: dict[str, object]) -> None:
        """Handle a message about this process (called by the session, which holds the lock)."""
        match message:
            case {"pid": int(pid)}:
                self.pid = pid
            case {"exit": int(status)}:
                self.status = status
            case {"out": str(data)}:
                text = self._decode_out(data.encode("latin-1"))
                self.out += text
                self._append(text)
            case {"err": str(data)}:
                text = self._decode_err(data.encode("latin-1"))
                self.err += text
                self._append(text)

    def _append(self, text: str) -> None:
        self.output += text
        if self._log is not None:
            with self._log.open("a") as log:
                log.write(text)
        for listener in tuple(self._listeners):
            listener(text)


class Session:
    """A connection to one command server, over descriptors that the caller opens and closes."""

    def __init__(self, name: str, source: int, sink: int) -> None:
        self.name = name
        self.changed = threading.Condition(threading.RLock())
        self.lost = False
        self._ready = False
        self._source = source
        self._sink = sink
        self._sending = threading.Lock()
        self._done = threading.Event()
        self._idents = itertools.count(1)
        self._processes: dict[int, Process] = {}
        threading.Thread(target=self._read, name=f"session {name}", daemon=True).start()

    def wait_until_ready(self, timeout: float) -> None:
        """Wait until the far end has reported that it is ready."""
        with self.changed:
            self.changed.wait_for(lambda: self._ready or self.lost, timeout)
            if self.lost:
                raise SessionLostError(f"{self.name} ended before it was up")
            if not self._ready:
                raise TimedOutError(f"{self.name} was not up after {timeout:g} s")

    def start(self, argv: Sequence[str], log: Path | None = None) -> Process:
        """Start a command; return once it has a pid or has failed to start."""
        ident = next(self._idents)
        process = Process(self, ident, argv, log)
        with self.changed:
            self._processes[ident] = process
        self.send({"start": ident, "argv": list(argv)})
        return process

    def send(self, order: dict[str, object]) -> None:
        """Send one order and wait until it is carried out.

        :raises SessionLostError: the far end is gone
        """
        with self._sending:
            self._done.clear()
            try:
                line = memoryview(json.dumps(order).encode() + b"\n")
                while line:
                    line = line[os.write(self._sink, line) :]
            except OSError as error:
                raise SessionLostError(f"{self.name} is gone") from error
            done = self._done.wait(ORDER_TIMEOUT)
        if self.lost:
            raise SessionLostError(f"{self.name} is gone")
        if not done:
            raise TimedOutError(f"{self.name} did not carry out {order} in {ORDER_TIMEOUT} s")

    def _read(self) -> None:
        unread = b""
        while received := self._receive():
            *lines, unread = (unread + received).split(b"\n")
            for line in lines:
                if line.startswith(b"{"):  # a kernel that halts writes to the console, too
                    self._dispatch(json.loads(line))
        with self.changed:
            self.lost = True
            self._done.set()
            self.changed.notify_all()

    def _receive(self) -> bytes:
        try:
            return os.read(self._source, 65536)
        except OSError:
            return b""

    def _dispatch(self, message: dict[str, object]) -> None:
        with self.changed:
            match message:
                case {"ready": _}:
                    self._ready = True
                case {"done": _}:
                    self._done.set()
                case {"id": int(ident), **content} if ident in self._processes:
                    self._processes[ident].receive(content)
                    if "exit" in content:
                        del self._processes[ident]
            self.changed.notify_all()
