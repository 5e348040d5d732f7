"""The agent's socket for lease events, and the program that sends them."""

import logging
import queue
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.agent.lease_listener import LeaseEvent, LeaseListener
from cloudnet.common.errors import KernelRefused
from tests.fixtures.agent.serving import BRIDGEPROGRAM
from tests.fixtures.waiting import wait_for

Events = queue.Queue[LeaseEvent]
EVENT = LeaseEvent("add", "net-1", "fa:16:3e:00:00:03", IPv4Address("10.0.0.3"), "vm3")
WORDS = ["add", "fa:16:3e:00:00:03", "10.0.0.3", "vm3"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agent.sock"


@pytest.fixture
def events(path: Path) -> Iterator[Events]:
    events: Events = queue.Queue()
    listener = LeaseListener(path, events.put)
    listener.start()
    yield events
    listener.close()


def run_dhcpbridge(path: Path, *words: str, **more: str) -> None:
    """Run dhcpbridge as dnsmasq does."""
    environment = {"CLOUDNET_SOCKET": str(path), "CLOUDNET_NETWORK": "net-1", **more}
    subprocess.run([BRIDGEPROGRAM, *words], env=environment, check=True, timeout=10)


def send(path: Path, datagram: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto(datagram, str(path))


def test_an_event_is_received(path: Path, events: Events) -> None:
    run_dhcpbridge(path, *WORDS)

    assert events.get(timeout=2) == EVENT


@pytest.mark.parametrize("loss", [Path.unlink, lambda path: path.rename(path.with_suffix(".old"))])
def test_a_socket_that_is_removed_is_created_again(
    path: Path, loss: Callable[[Path], object]
) -> None:
    events: Events = queue.Queue()
    listener = LeaseListener(path, events.put, check_seconds=0.05)
    listener.start()
    loss(path)
    wait_for(path.exists, "the socket", 5, pause=0.05)

    run_dhcpbridge(path, *WORDS)

    assert events.get(timeout=2) == EVENT
    listener.close()
    assert not path.exists()


def test_the_network_may_come_under_novas_name(path: Path, events: Events) -> None:
    run_dhcpbridge(path, "del", *WORDS[1:3], CLOUDNET_NETWORK="", NETWORK_ID="7")

    assert events.get(timeout=2) == LeaseEvent("del", "7", EVENT.mac, EVENT.address, "")


def test_an_old_lease_is_no_event(path: Path, events: Events) -> None:
    run_dhcpbridge(path, "old", *WORDS[1:])
    run_dhcpbridge(path, *WORDS)

    assert events.get(timeout=2) == EVENT
    assert events.empty()


def test_an_invalid_datagram_is_one_line_and_no_event(
    path: Path, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    invalid = [b"", b"\xff\xfe", b"add", b"add\tn\tno mac\t10.0.0.3\t", b"x" * 9000]
    for datagram in invalid:
        send(path, datagram)
    send(path, b"add\tnet-1\tfa:16:3e:00:00:03\t10.0.0.999\t")
    run_dhcpbridge(path, *WORDS)

    assert events.get(timeout=2) == EVENT
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 6
    assert all(line.startswith("dropped an invalid lease event") for line in lines)


def test_only_root_may_send_events(
    path: Path, events: Events, caplog: pytest.LogCaptureFixture
) -> None:
    path.chmod(0o666)
    for directory in path.parents[:3]:
        directory.chmod(0o755)
    script = (
        "import os, socket; os.setgid(65534); os.setuid(65534);"
        f"socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'add', {str(path)!r})"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    run_dhcpbridge(path, *WORDS)

    assert events.get(timeout=2) == EVENT
    assert [record.getMessage() for record in caplog.records] == [
        "dropped a lease event from user id 65534: only root may send them"
    ]


def test_a_bug_in_the_callback_does_not_end_the_listener(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    events: Events = queue.Queue()

    def on_event(event: LeaseEvent) -> None:
        events.put(event)
        if events.qsize() == 1:
            raise RuntimeError("no queue")

    listener = LeaseListener(path, on_event)
    listener.start()
    with caplog.at_level(logging.ERROR):
        run_dhcpbridge(path, *WORDS)
        run_dhcpbridge(path, *WORDS)
        for _ in range(2):
            assert events.get(timeout=2) == EVENT
    listener.close()

    assert "its event was lost by a bug in cloudnet" in caplog.text


def test_the_socket_is_private_to_root_and_deleted_at_the_end(path: Path) -> None:
    listener = LeaseListener(path, lambda event: None)
    listener.start()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    listener.close()

    assert not path.exists()


def test_the_socket_of_a_killed_agent_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as killed:
        killed.bind(str(path))

    listener = LeaseListener(path, lambda event: None)
    listener.close()


def test_the_socket_of_a_running_agent_stays(path: Path, events: Events) -> None:
    with pytest.raises(KernelRefused) as refused:
        LeaseListener(path, lambda event: None)

    assert str(refused.value) == (
        f"another agent listens on {path}; stop it, or set another state_path"
    )
    run_dhcpbridge(path, *WORDS)
    assert events.get(timeout=2) == EVENT


def test_a_socket_that_cannot_be_created_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(KernelRefused, match=r"cannot listen for .*: No such file"):
        LeaseListener(tmp_path / "missing" / "agent.sock", lambda event: None)


def test_an_agent_that_is_away_or_busy_does_not_delay_dnsmasq(path: Path) -> None:
    run_dhcpbridge(path, *WORDS)  # nothing there
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as busy:
        busy.bind(str(path))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.setblocking(False)
            try:
                while True:
                    filler.sendto(b"x", str(path))
            except BlockingIOError:
                pass
        started = time.monotonic()
        run_dhcpbridge(path, *WORDS)

        assert time.monotonic() - started < 2
