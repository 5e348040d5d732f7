"""Events say soon, and not too often, that something may have changed."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudnet.agent.drivers.events import EventListener
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import network, serve
from tests.fixtures.waiting import wait_for


class Calls:
    """Counts the calls of a listener."""

    def __init__(self) -> None:
        self.times = 0
        self.lost = False
        self._event = threading.Event()

    def __call__(self, *, lost: bool) -> None:
        self.times += 1
        self.lost = self.lost or lost
        self._event.set()

    def within(self, seconds: float) -> bool:
        came = self._event.wait(seconds)
        self._event.clear()
        return came

    def rest(self) -> None:
        """Wait until no more calls come."""
        while self.within(0.5):
            pass


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def listener(host: Host, calls: Calls) -> Iterator[EventListener]:
    listener = EventListener(calls)
    yield listener
    listener.close()


@pytest.mark.parametrize(
    "change",
    [
        "ip link add br7 type bridge",
        "ip link set lo mtu 1400",
        "ip address add 10.0.0.9/24 dev lo",
        "ip route add 192.0.2.0/24 dev lo",
    ],
)
def test_a_change_is_passed_on(
    host: Host, listener: EventListener, calls: Calls, change: str
) -> None:
    calls.rest()

    host.sh(change)

    assert calls.within(1)


def test_without_changes_nothing_is_passed_on(
    host: Host, listener: EventListener, calls: Calls
) -> None:
    calls.rest()

    assert not calls.within(0.5)


def test_many_changes_are_passed_on_together(
    host: Host, listener: EventListener, calls: Calls
) -> None:
    calls.rest()
    calls.times = 0

    host.sh("for i in $(seq 50); do echo link add b$i type bridge; done | ip -batch -")
    calls.rest()

    assert 1 <= calls.times <= 3


def test_changes_that_never_pause_are_passed_on_in_between(
    host: Host, listener: EventListener, calls: Calls
) -> None:
    calls.rest()
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            host.sh("ip link set lo mtu 1400; ip link set lo mtu 1500")

    changing = threading.Thread(target=change)
    changing.start()
    try:
        assert calls.within(2)
        assert calls.within(2)
    finally:
        stop.set()
        changing.join()


def test_the_end_of_a_dnsmasq_is_passed_on_at_once(
    host: Host, listener: EventListener, calls: Calls
) -> None:
    host.follow = listener.follow
    host.restart_the_agent()
    serve(host, network(3))
    calls.rest()

    host.sh(f"kill -9 $(cat {host.files('br100').pid})")

    started = time.monotonic()
    assert calls.within(1)
    assert time.monotonic() - started < 0.5


def test_a_process_that_ended_is_followed_no_longer(
    host: Host, listener: EventListener, calls: Calls
) -> None:
    host.follow = listener.follow
    host.restart_the_agent()
    serve(host, network(3))
    before = count_descriptors()

    host.sh(f"kill -9 $(cat {host.files('br100').pid})")

    assert calls.within(1)
    wait_for(lambda: count_descriptors() == before - 1, "the pidfd to be closed", 2)


def test_events_that_the_kernel_dropped_are_reported_as_lost(host: Host) -> None:
    class SlowCalls(Calls):
        """Keeps the listener from receiving until it is released."""

        def __init__(self) -> None:
            super().__init__()
            self.released = threading.Event()

        def __call__(self, *, lost: bool) -> None:
            super().__call__(lost=lost)
            self.released.wait(10)

    calls = SlowCalls()
    listener = EventListener(calls, receive_bytes=1)  # the kernel makes it a few kilobytes
    try:
        host.sh("ip link add b0 type bridge")
        assert calls.within(2)
        assert not calls.lost
        host.sh("for i in $(seq 50); do echo link add b$i type bridge; done | ip -batch -")
        calls.released.set()
        calls.rest()
    finally:
        listener.close()

    assert calls.lost


def test_closed_it_leaves_no_thread_and_no_descriptor(host: Host) -> None:
    before = threading.active_count(), count_descriptors()
    listener = EventListener(Calls())

    listener.close()

    assert (threading.active_count(), count_descriptors()) == before
