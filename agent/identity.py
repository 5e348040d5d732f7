"""Which agent this is, and that it is the only one on its host.

Two agents that serve one host, or two hosts with one name, undo each other's work. A second agent
on a host ends with one line; on another host it is refused by the controller, which knows the first
one by three marks: an id in its ``state_path``, its address, and the boot of its kernel.
"""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from uuid import UUID, uuid4

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.regular_file import read_regular, write_regular
from cloudnet.common.wire.objects import AgentIdentity

LOG = logging.getLogger(__name__)

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# An abstract name: it is the network namespace's, and free as soon as its process has ended.
ONE_PER_HOST = "\0cloudnet-agent"


def load_identity(
    state_path: Path, my_ip: IPv4Address, boot_id_file: Path = BOOT_ID
) -> AgentIdentity:
    """Return the identity of the agent with this state; a new one gets an id."""
    file = state_path / "agent-id"
    agent = _read_uuid(file)
    if agent is None:
        agent = str(uuid4())
        try:
            write_regular(file, f"{agent}\n")
        except OSError as error:
            LOG.warning("%s: cannot be written (%s)", file, error.strerror)
    return AgentIdentity(agent, my_ip, _read_uuid(boot_id_file) or "")


@contextmanager
def only_agent_here(name: str = ONE_PER_HOST) -> Iterator[None]:
    """Be the only agent on this host.

    :raises ConfigurationError: another one runs
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mark:
        try:
            mark.bind(name)
        except OSError as error:
            raise ConfigurationError(
                f"another cloudnet-agent (pid {_get_holder(name)}) runs on this host; stop it "
                "first: one host has one agent, whatever its state_path"
            ) from error
        mark.listen(1)
        yield


def _get_holder(name: str) -> str:
    """Return the pid of the agent that has the name, or ``unknown``."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        try:
            client.settimeout(1.0)
            client.connect(name)
            size = struct.calcsize("3i")
            credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        except OSError:
            return "unknown"
        pid: int = struct.unpack("3i", credentials)[0]
        return str(pid)


def _read_uuid(file: Path) -> str | None:
    try:
        return str(UUID(read_regular(file).decode().strip()))
    except (OSError, ValueError):
        return None
