"""Run commands for a session (session.py) over one pair of file descriptors.

Runs inside a node, on a serial console, or on the lab's host, on pipes. Therefore it is one file,
uses the standard library only, has one thread and starts quickly. Each direction carries one JSON
object per line:

    in   {"start": 7, "argv": […]}     {"input": 7, "data": "…"}   {"close": 7}
         {"signal": 7, "number": 9}
    out  {"id": 7, "pid": 123}         {"id": 7, "out": "…"}       {"id": 7, "err": "…"}
         {"id": 7, "exit": 0}          {"done": 1}

The server answers each order with "done" after it has carried it out, and the session waits for
that before it sends the next one: a serial console has no flow control. Text is latin-1, one
character per byte, so that any output can be sent. The server ends when its input does.
"""

import json
import os
import selectors
import subprocess
import termios
from collections.abc import Callable

CHUNK = 4096


class RunningCommand:
    """One command and the descriptors that are watched for it."""

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
        self.commands: dict[int, RunningCommand] = {}

    def serve(self) -> None:
        self.selector.register(self.source, selectors.EVENT_READ, self.read_orders)
        self.send({"ready": os.getpid()})
        while True:
            for key, _ in self.selector.select():
                # When an end and output come together, the end may already have read the output.
                if self.selector.get_map().get(key.fd) == key:
                    handler: Callable[[], bool] = key.data
                    if not handler():
                        return

    def send(self, message: dict[str, object]) -> None:
        line = memoryview(json.dumps(message).encode() + b"\n")
        while line:
            line = line[os.write(self.sink, line) :]

    def read_orders(self) -> bool:
        try:
            received = os.read(self.source, CHUNK)
        except OSError:
            return False  # EIO: the console was closed
        *lines, self.unread = (self.unread + received).split(b"\n")
        for line in lines:
            self.execute(json.loads(line))
            self.send({"done": 1})
        return received != b""

    def execute(self, order: dict[str, object]) -> None:
        match order:
            case {"start": int(ident), "argv": list(argv)}:
                self.start(ident, argv)
            case {"input": int(ident), "data": str(data)} if ident in self.commands:
                self.write_input(self.commands[ident], data.encode("latin-1"))
            case {"close": int(ident)} if ident in self.commands:
                self.write_input(self.commands[ident], b"")
            case {"signal": int(ident), "number": int(number)} if ident in self.commands:
                self.commands[ident].process.send_signal(number)

    def start(self, ident: int, argv: list[str]) -> None:
        pipe = subprocess.PIPE
        try:
            # A session of its own: signals to the server's terminal or group do not reach it.
            process = subprocess.Popen(
                argv, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, start_new_session=True
            )
        except OSError as error:
            self.send({"id": ident, "err": f"{error}\n"})
            self.send({"id": ident, "pid": 0})
            self.send({"id": ident, "exit": 127})
            return
        command = self.commands[ident] = RunningCommand(ident, process)
        self.send({"id": ident, "pid": process.pid})
        for name, stream in command.streams.items():
            os.set_blocking(stream, False)
            self.selector.register(
                stream, selectors.EVENT_READ, lambda name=name: self.forward_output(command, name)
            )
        self.selector.register(
            command.pidfd, selectors.EVENT_READ, lambda: self.report_exit(command)
        )

    def write_input(self, command: RunningCommand, data: bytes) -> None:
        stdin = command.process.stdin
        assert stdin is not None
        try:
            if data:
                stdin.write(data)
            else:
                stdin.close()
        except (BrokenPipeError, ValueError):
            pass  # it has closed its input or ended; the exit status will show

    def forward_output(self, command: RunningCommand, name: str) -> bool:
        """Send one chunk of output; stop watching the stream at its end."""
        try:
            data = os.read(command.streams[name], CHUNK)
        except BlockingIOError:
            return True
        if data:
            self.send({"id": command.ident, name: data.decode("latin-1")})
        else:
            self.selector.unregister(command.streams.pop(name))
        return True

    def report_exit(self, command: RunningCommand) -> bool:
        """Report an end as soon as the process itself has ended.

        A daemon that it started may keep the streams open for ever, so their end is not awaited.
        """
        status = command.process.wait()
        for name in list(command.streams):
            while name in command.streams and self.is_readable(command.streams[name]):
                self.forward_output(command, name)
        for stream in command.streams.values():
            self.selector.unregister(stream)
        self.selector.unregister(command.pidfd)
        os.close(command.pidfd)
        for pipe in (command.process.stdin, command.process.stdout, command.process.stderr):
            if pipe is not None:
                pipe.close()
        del self.commands[command.ident]
        self.send({"id": command.ident, "exit": status})
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
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)  # so that no child can write between our lines
    Server(source, sink).serve()


if __name__ == "__main__":
    main()
