import multiprocessing
from ipaddress import IPv4Address
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from cloudnet.agent import identity
from cloudnet.agent.identity import load_identity, only_agent_here
from cloudnet.common.errors import ConfigurationError

MY_IP = IPv4Address("172.16.99.108")


def test_the_identity_outlives_the_process_and_names_the_boot(tmp_path: Path) -> None:
    first = load_identity(tmp_path, MY_IP)

    assert load_identity(tmp_path, MY_IP) == first
    assert first.boot_id == identity.BOOT_ID.read_text().strip()


def test_another_state_path_is_another_agent(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()

    assert load_identity(tmp_path, MY_IP).agent != load_identity(other, MY_IP).agent


def _hold(name: str, ready: Event, end: Event) -> None:
    with only_agent_here(name):
        ready.set()
        end.wait(30)


def test_a_second_agent_on_a_host_is_refused_and_the_first_one_named(tmp_path: Path) -> None:
    name = f"\0{tmp_path}"
    context = multiprocessing.get_context("fork")
    ready, end = context.Event(), context.Event()
    first = context.Process(target=_hold, args=(name, ready, end))
    first.start()
    assert ready.wait(30)
    try:
        with pytest.raises(ConfigurationError, match=rf"pid {first.pid}\)"), only_agent_here(name):
            pass
    finally:
        end.set()
        first.join(30)

    with only_agent_here(name):
        pass
