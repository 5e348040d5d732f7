"""The loop is woken when something that it made may have been changed."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudnet.agent.drivers.events import EventListener
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import network, serve
from tests.fixtures.waiting import wait_for


class Woken:
    """Counts how often the loop would have looked."""

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
        """Wait until nobody wakes it any more."""
        while self.within(0.5):
            pass


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def woken() -> Woken:
    return Woken()


@pytest.fixture
def listener(host: Host, woken: Woken) -> Iterator[EventListener]:
    listener = EventListener(woken)
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
def test_a_change_wakes_it(host: Host, listener: EventListener, woken: Woken, change: str) -> None:
    woken.rest()

    host.sh(change)

    assert woken.within(1)


def test_quiet_is_quiet(host: Host, listener: EventListener, woken: Woken) -> None:
    woken.rest()

    assert not woken.within(0.5)


def test_many_changes_wake_it_few_times(host: Host, listener: EventListener, woken: Woken) -> None:
    woken.rest()
    woken.times = 0

    host.sh("for i in $(seq 50); do echo link add b$i type bridge; done | ip -batch -")
    woken.rest()

    assert 1 <= woken.times <= 3


def test_a_storm_does_not_keep_it_asleep(host: Host, listener: EventListener, woken: Woken) -> None:
    woken.rest()
    stop = threading.Event()

    def storm() -> None:
        while not stop.is_set():
            host.sh("ip link set lo mtu 1400; ip link set lo mtu 1500")

    storming = threading.Thread(target=storm)
    storming.start()
    try:
        assert woken.within(2)
        assert woken.within(2)
    finally:
        stop.set()
        storming.join()


def test_the_end_of_dnsmasq_wakes_it(host: Host, listener: EventListener, woken: Woken) -> None:
    host.follow = listener.follow
    host.restart_the_agent()
    serve(host, network(3))
    woken.rest()

    host.sh(f"kill -9 $(cat {host.files('br100').pid})")

    started = time.monotonic()
    assert woken.within(1)
    assert time.monotonic() - started < 0.5


def test_a_process_that_ended_is_followed_no_longer(
    host: Host, listener: EventListener, woken: Woken
) -> None:
    host.follow = listener.follow
    host.restart_the_agent()
    serve(host, network(3))
    before = count_descriptors()

    host.sh(f"kill -9 $(cat {host.files('br100').pid})")

    assert woken.within(1)
    wait_for(lambda: count_descriptors() == before - 1, "the pidfd to be closed", 2)


def test_events_that_the_kernel_dropped_are_reported_as_lost(host: Host) -> None:
    woken = Woken()
    listener = EventListener(woken, receive_bytes=1)  # the kernel makes it about one page
    try:
        host.sh("for i in $(seq 50); do echo link add b$i type bridge; done | ip -batch -")
        woken.rest()
    finally:
        listener.close()

    assert woken.lost


def test_closed_it_leaves_no_thread_and_no_descriptor(host: Host) -> None:
    before = threading.active_count(), count_descriptors()
    listener = EventListener(Woken())

    listener.close()

    assert (threading.active_count(), count_descriptors()) == before
