"""Servers that tests start for themselves: their own directories, ports and names, no system
service touched.

`RabbitMQ` for now; databases come beside it. Everything a server starts is ended with it.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""The broker's own start script. The one in /usr/sbin insists on the packaged user, directory and
service."""

AMQP_GREETING = b"AMQP\x00\x00\x09\x01"


class ServerFailedError(Exception):
    """A server did not come up; the message ends with the last lines of its log."""


class RabbitMQ:
    """A broker of one's own: `with RabbitMQ(directory, "127.0.0.1", 5672) as broker:
    broker.transport_url`.

    It takes about ten seconds to start. Besides `port` it listens, on loopback only, on `port` +
    20000 and the one after that: Erlang's port mapper and its distribution, without which it does
    not start.
    """

    user, password = "cloudnet", "cloudnet"

    def __init__(
        self, directory: Path, address: str = "127.0.0.1", port: int = 5672, timeout: float = 120
    ) -> None:
        self.directory = directory.absolute()
        self.address = address
        self.port = port
        self.timeout = timeout
        self.log = self.directory / "rabbitmq.log"
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def transport_url(self) -> str:
        """What oslo.messaging's `transport_url` has to be to reach it."""
        credentials = f"{quote(self.user)}:{quote(self.password)}"
        return f"rabbit://{credentials}@{self.address}:{self.port}/"

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_until_up()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it without waiting, so that other things can start meanwhile."""
        if not PROGRAM.exists():
            raise ServerFailedError(f"{PROGRAM} is missing; Debian's package is rabbitmq-server")
        self.directory.mkdir(parents=True, exist_ok=True)
        environment = self._environment()
        mapper = str(self._mapper_port)
        # Erlang would leave a port mapper behind as a daemon; ours is started first and ended last.
        self._spawn(["epmd", "-port", mapper, "-address", "127.0.0.1"], environment)
        self._spawn([str(PROGRAM)], environment)

    def wait_until_up(self) -> None:
        """Return when it answers a client's greeting."""
        deadline = time.monotonic() + self.timeout
        while not self._answers():
            ended = [process for process in self._processes if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                why = "ended at once" if ended else f"was not up after {self.timeout:g} s"
                raise ServerFailedError(
                    f"RabbitMQ on {self.address}:{self.port} {why}:\n{self._tail()}"
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """End it and everything it started; its directory stays for whoever wants to read the
        log."""
        for process in reversed(self._processes):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._processes.clear()

    @property
    def _mapper_port(self) -> int:
        return self.port + 20000

    def _environment(self) -> dict[str, str]:
        configuration = self.directory / "rabbitmq.conf"
        configuration.write_text(
            f"listeners.tcp.1 = {self.address}:{self.port}\n"
            f"default_user = {self.user}\n"
            f"default_pass = {self.password}\n"
            "loopback_users = none\n"
            "log.console = true\n"
            "log.file = false\n"
            "disk_free_limit.absolute = 1MB\n"
        )
        plugins = self.directory / "enabled_plugins"
        plugins.write_text("[].\n")
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.directory),  # Erlang's cookie is made there
            "ERL_EPMD_PORT": str(self._mapper_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"cloudnet-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": self.address,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._mapper_port + 1),
            "RABBITMQ_CONFIG_FILE": str(configuration),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_MNESIA_BASE": str(self.directory / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.directory),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(self.directory / "config"),
            "RABBITMQ_PID_FILE": str(self.directory / "rabbitmq.pid"),
            # Idle schedulers spin by default, at the cost of whatever else a small machine does.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none"
            " -kernel inet_dist_use_interface {127,0,0,1}",
        }

    def _spawn(self, argv: list[str], environment: dict[str, str]) -> None:
        if shutil.which(argv[0]) is None:
            raise ServerFailedError(f"{argv[0]} is missing; Debian's package is erlang-base")
        with self.log.open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    argv,
                    env=environment,
                    cwd=self.directory,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )

    def _answers(self) -> bool:
        try:
            with socket.create_connection((self.address, self.port), timeout=1) as connection:
                connection.sendall(AMQP_GREETING)
                return connection.recv(1) != b""
        except OSError:
            return False

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
