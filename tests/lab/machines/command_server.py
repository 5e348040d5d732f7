"""Serve commands over one pair of file descriptors: the far end of a Place (see line.py for the
near end).

Runs inside a node, on a serial console, or beside the lab, on pipes; so it is one file, standard
library only, single threaded, and light to start. Each direction carries a JSON object per line:

    in   {"start": 7, "argv": […]}     {"input": 7, "data": "…"}   {"close": 7}
         {"signal": 7, "number": 9}
    out  {"id": 7, "pid": 123}         {"id": 7, "out": "…"}       {"id": 7, "err": "…"}
         {"id": 7, "exit": 0}          {"done": 1}

Each order is answered by a "done" when it has been obeyed, and the near end sends no other before:
a serial console drops what comes faster than it is read. Text is latin-1, a character per byte, so
that any output survives the trip. The server ends when its input does.
"""

import json
import os
import selectors
import subprocess
import termios
from collections.abc import Callable

CHUNK = 4096


class Started:
    """One running command and the descriptors that are watched for it."""

    def __init__(self, ident: int, process: "subprocess.Popen[bytes]") -> None:
        self.ident = ident
        self.process = process
        self.pidfd = os.pidfd_open(process.pid)
        assert process.stdout is not None
        assert process.stderr is not None
        self.streams = {"out": process.stdout.fileno(), "err": process.stderr.fileno()}


class Server:
    def __init__(self, source: int, sink: int) -> None:
        self.source = source
        self.sink = sink
        self.unread = b""
        self.selector = selectors.DefaultSelector()
        self.commands: dict[int, Started] = {}

    def serve(self) -> None:
        self.selector.register(self.source, selectors.EVENT_READ, self.hear)
        self.say({"ready": os.getpid()})
        while True:
            for key, _ in self.selector.select():
                # An end and a last word may come together; the end has then read the word.
                if self.selector.get_map().get(key.fd) == key:
                    heard: Callable[[], bool] = key.data
                    if not heard():
                        return

    def say(self, message: dict[str, object]) -> None:
        line = memoryview(json.dumps(message).encode() + b"\n")
        while line:
            line = line[os.write(self.sink, line) :]

    def hear(self) -> bool:
        try:
            received = os.read(self.source, CHUNK)
        except OSError:
            return False  # a console hangs up with EIO
        *lines, self.unread = (self.unread + received).split(b"\n")
        for line in lines:
            self.obey(json.loads(line))
            self.say({"done": 1})
        return received != b""

    def obey(self, order: dict[str, object]) -> None:
        match order:
            case {"start": int(ident), "argv": list(argv)}:
                self.start(ident, argv)
            case {"input": int(ident), "data": str(data)} if ident in self.commands:
                self.feed(self.commands[ident], data.encode("latin-1"))
            case {"close": int(ident)} if ident in self.commands:
                self.feed(self.commands[ident], b"")
            case {"signal": int(ident), "number": int(number)} if ident in self.commands:
                self.commands[ident].process.send_signal(number)

    def start(self, ident: int, argv: list[str]) -> None:
        pipe = subprocess.PIPE
        try:
            # A session of its own: a signal to the server's terminal or group is not for the
            # commands.
            process = subprocess.Popen(
                argv, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True
            )
        except OSError as error:
            self.say({"id": ident, "err": f"{error}\n"})
            self.say({"id": ident, "pid": 0})
            self.say({"id": ident, "exit": 127})
            return
        started = self.commands[ident] = Started(ident, process)
        self.say({"id": ident, "pid": process.pid})
        for name, stream in started.streams.items():
            os.set_blocking(stream, False)
            self.selector.register(
                stream, selectors.EVENT_READ, lambda name=name: self.pass_on(started, name)
            )
        self.selector.register(started.pidfd, selectors.EVENT_READ, lambda: self.finish(started))

    def feed(self, started: Started, data: bytes) -> None:
        stdin = started.process.stdin
        assert stdin is not None
        try:
            if data:
                stdin.write(data)
            else:
                stdin.close()
        except (BrokenPipeError, ValueError):
            pass  # it has closed its input or ended; its exit status tells

    def pass_on(self, started: Started, name: str) -> bool:
        """Send one chunk of output; forget the stream at its end."""
        try:
            data = os.read(started.streams[name], CHUNK)
        except BlockingIOError:
            return True
        if data:
            self.say({"id": started.ident, name: data.decode("latin-1")})
        else:
            self.selector.unregister(started.streams.pop(name))
        return True

    def finish(self, started: Started) -> bool:
        """Report an end as soon as the process itself ends: a daemon it left may hold the streams
        for ever."""
        status = started.process.wait()
        for name in list(started.streams):
            while name in started.streams and self.is_readable(started.streams[name]):
                self.pass_on(started, name)
        for stream in started.streams.values():
            self.selector.unregister(stream)
        self.selector.unregister(started.pidfd)
        os.close(started.pidfd)
        for pipe in (started.process.stdin, started.process.stdout, started.process.stderr):
            if pipe is not None:
                pipe.close()
        del self.commands[started.ident]
        self.say({"id": started.ident, "exit": status})
        return True

    @staticmethod
    def is_readable(stream: int) -> bool:
        with selectors.DefaultSelector() as once:
            once.register(stream, selectors.EVENT_READ)
            return bool(once.select(0))


def make_raw(terminal: int) -> None:
    """Turn off echo, line editing and every translation of a serial console."""
    attributes = termios.tcgetattr(terminal)
    attributes[0] = attributes[1] = attributes[3] = 0
    attributes[2] |= termios.CS8
    attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 1, 0
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)


def main() -> None:
    if os.isatty(0):
        make_raw(0)
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)  # so that no child can write between our lines
    Server(source, sink).serve()


if __name__ == "__main__":
    main()
