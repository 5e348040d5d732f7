"""The mark of the one agent of a host, which every local user can take."""

import multiprocessing
import os
import socket
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from cloudnet.agent.identity import only_agent_here


def _misuse(name: str, user: int | None, ready: Event, end: Event) -> None:
    """Take the name as a program that is no agent.

    :param user: id; None: do not listen
    """
    if user is not None:
        os.setuid(user)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as mark:
        mark.bind(name)
        if user is not None:
            mark.listen(1)
        ready.set()
        end.wait(30)


@pytest.mark.parametrize("user", [65534, None])
def test_another_program_cannot_keep_an_agent_from_its_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, user: int | None
) -> None:
    name = f"\0{tmp_path}"
    context = multiprocessing.get_context("fork")
    ready, end = context.Event(), context.Event()
    other = context.Process(target=_misuse, args=(name, user, ready, end))
    other.start()
    assert ready.wait(30)
    try:
        with only_agent_here(name):
            pass
    finally:
        end.set()
        other.join(30)

    who = "a program" if user is None else f"pid {other.pid} of user id {user}"
    assert [record.message.partition(" has the name")[0] for record in caplog.records] == [who]
