"""The near end of a command server: start commands over a pair of descriptors and follow each of
them.

One thread reads all that the far end says and hands it to the `Process` it concerns, so that any
number of commands run at once over one serial line.
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

PIECE = 1024
"""How much input goes in one order: a serial console takes about 4,000 characters at once."""
PATIENCE = 60
"""Seconds until an order that nobody carries out counts as lost."""


class LineLostError(Exception):
    """The far end is gone: a kernel crashed or was halted. Whatever ran there is gone with it."""


class Process:
    """A command running in a place; `pid` is its number there."""

    def __init__(self, line: "Line", ident: int, argv: Sequence[str], log: Path | None) -> None:
        self.argv = tuple(argv)
        self.pid = 0
        self.status: int | None = None  # None while it runs; negative: the signal that ended it
        self.out = ""
        self.err = ""
        self.output = ""
        """Standard output and error as they came, interleaved."""
        self._line = line
        self._ident = ident
        self._log = log
        self._listeners: list[Listener] = []
        # A chunk may end in the middle of a character; each stream remembers its own half.
        self._decode_out = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._decode_err = codecs.getincrementaldecoder("utf-8")("replace").decode

    @property
    def alive(self) -> bool:
        """Say whether it runs; nothing does where the line is lost."""
        return self.status is None and not self._line.lost

    def write(self, text: str) -> None:
        """Type this on its standard input."""
        data = text.encode().decode("latin-1")
        for start in range(0, len(data), PIECE):
            self._line.send({"input": self._ident, "data": data[start : start + PIECE]})

    def close_input(self) -> None:
        self._line.send({"close": self._ident})

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal; an ended process is left in peace."""
        if self.alive:
            self._line.send({"signal": self._ident, "number": int(number)})

    def stop(self, timeout: float = 20) -> int:
        """Ask it to end, insist after `timeout` seconds, and return its status."""
        self.kill(signal.SIGTERM)
        try:
            return self.wait(timeout)
        except TimedOutError:
            self.kill()
            return self.wait(timeout)

    def wait(self, timeout: float = 30) -> int:
        """Return its exit status."""
        self.wait_until(lambda: self.status is not None, "end", timeout)
        assert self.status is not None
        return self.status

    def wait_until(self, condition: Callable[[], bool], what: str, timeout: float) -> None:
        """Wait for something that its own output or end makes true."""
        with self._line.news:
            if not self._line.news.wait_for(lambda: condition() or self._line.lost, timeout):
                command = " ".join(self.argv)
                raise TimedOutError(
                    f"{command}: no {what} in {timeout:g} s; said: {self.output[-600:]}"
                )
            if not condition():
                raise LineLostError(f"{' '.join(self.argv)}: the place it ran in is gone")

    def listen(self, listener: Listener, *, replay: bool = False) -> Callable[[], None]:
        """Hand all further output to `listener`, first what was said so far if `replay`.

        Returns what ends that. A listener is called on the line's own thread: it must not wait
        for anything that is said on the line.
        """
        with self._line.news:
            if replay and self.output:
                listener(self.output)
            self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def hear(self, message: dict[str, object]) -> None:
        """Take in what the far end says about this process (called by the line, under its lock)."""
        match message:
            case {"pid": int(pid)}:
                self.pid = pid
            case {"exit": int(status)}:
                self.status = status
            case {"out": str(data)}:
                text = self._decode_out(data.encode("latin-1"))
                self.out += text
                self._say(text)
            case {"err": str(data)}:
                text = self._decode_err(data.encode("latin-1"))
                self.err += text
                self._say(text)

    def _say(self, text: str) -> None:
        self.output += text
        if self._log is not None:
            with self._log.open("a") as log:
                log.write(text)
        for listener in tuple(self._listeners):
            listener(text)


class Line:
    """A conversation with one command server over descriptors that the caller opens and closes."""

    def __init__(self, name: str, source: int, sink: int) -> None:
        self.name = name
        self.news = threading.Condition(threading.RLock())
        self.lost = False
        self._ready = False
        self._source = source
        self._sink = sink
        self._sending = threading.Lock()
        self._done = threading.Event()
        self._idents = itertools.count(1)
        self._processes: dict[int, Process] = {}
        threading.Thread(target=self._read, name=f"line to {name}", daemon=True).start()

    def wait_until_ready(self, timeout: float) -> None:
        """Return when the far end has said that it serves."""
        with self.news:
            self.news.wait_for(lambda: self._ready or self.lost, timeout)
            if self.lost:
                raise LineLostError(f"{self.name} ended before it was up")
            if not self._ready:
                raise TimedOutError(f"{self.name} was not up after {timeout:g} s")

    def start(self, argv: Sequence[str], log: Path | None = None) -> Process:
        """Start a command there and return once it has a pid (or has failed to start)."""
        ident = next(self._idents)
        process = Process(self, ident, argv, log)
        with self.news:
            self._processes[ident] = process
        self.send({"start": ident, "argv": list(argv)})
        return process

    def send(self, order: dict[str, object]) -> None:
        """Send one order and return when it is carried out; raise LineLostError when nobody is
        there any more."""
        with self._sending:
            self._done.clear()
            try:
                line = memoryview(json.dumps(order).encode() + b"\n")
                while line:
                    line = line[os.write(self._sink, line) :]
            except OSError as error:
                raise LineLostError(f"{self.name} is gone") from error
            done = self._done.wait(PATIENCE)
        if self.lost:
            raise LineLostError(f"{self.name} is gone")
        if not done:
            raise TimedOutError(f"{self.name} did not carry out {order} in {PATIENCE} s")

    def _read(self) -> None:
        unread = b""
        while received := self._receive():
            *lines, unread = (unread + received).split(b"\n")
            for line in lines:
                if line.startswith(b"{"):  # a kernel may have a last word on its console
                    self._hear(json.loads(line))
        with self.news:
            self.lost = True
            self._done.set()
            self.news.notify_all()

    def _receive(self) -> bytes:
        try:
            return os.read(self._source, 65536)
        except OSError:
            return b""

    def _hear(self, message: dict[str, object]) -> None:
        with self.news:
            match message:
                case {"ready": _}:
                    self._ready = True
                case {"done": _}:
                    self._done.set()
                case {"id": int(ident), **news} if ident in self._processes:
                    self._processes[ident].hear(news)
                    if "exit" in news:
                        del self._processes[ident]
            self.news.notify_all()
