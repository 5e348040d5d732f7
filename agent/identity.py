"""Which agent this is, and that it is the only one on its host.

Two agents that serve one host, or two hosts with one name, undo each other's work. A second agent
on a host ends with one line; on another host it is refused by the controller, which knows the first
one by three marks: an id in its ``state_path``, its address, and the boot of its kernel.
"""

from __future__ import annotations

import logging
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid
LISTEN_SECONDS = 1.0  # between the two steps of an agent that takes the name
LISTEN_TRIES = 10


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

    Every local user can take the name. One that is not the agent's own user does not keep the
    agent from its start.

    :raises ConfigurationError: another one runs
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mark:
        try:
            mark.bind(name)
            mark.listen(1)
        except OSError as error:
            holder = _find_holder(name)
            if holder is not None and holder.user == os.geteuid():
                raise ConfigurationError(
                    f"another cloudnet-agent (pid {holder.pid}) runs on this host; stop it first: "
                    "one host has one agent, whatever its state_path"
                ) from error
            LOG.warning("%s", _describe_misuse(name, holder))
        yield


@dataclass(frozen=True)
class _Holder:
    """The process that listens on the name."""

    pid: int
    user: int  # id


def _find_holder(name: str) -> _Holder | None:
    """Return the process that has the name; None: it does not listen, as agents do."""
    for _ in range(LISTEN_TRIES):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            try:
                client.settimeout(1.0)
                client.connect(name)
                credentials = client.getsockopt(
                    socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size
                )
            except OSError:
                time.sleep(LISTEN_SECONDS / LISTEN_TRIES)  # an agent listens at once
                continue
            pid, user, _ = CREDENTIALS.unpack(credentials)
            return _Holder(pid, user)
    return None


def _describe_misuse(name: str, holder: _Holder | None) -> str:
    who = "a program" if holder is None else f"pid {holder.pid} of user id {holder.user}"
    return (
        f"{who} has the name of the agent's mark (@{name[1:]} in `ss -xlp`) and is no agent: "
        "this agent starts, and a second one on this host would not be noticed; end that program"
    )


def _read_uuid(file: Path) -> str | None:
    try:
        return str(UUID(read_regular(file).decode().strip()))
    except (OSError, ValueError):
        return None
