"""The loop is woken when something that it made may have been changed."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudnet.agent.drivers.events import Watch
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import network, serve


class Woken:
    """Counts how often the loop would have looked."""

    def __init__(self) -> None:
        self.times = 0
        self._event = threading.Event()

    def __call__(self) -> None:
        self.times += 1
        self._event.set()

    def within(self, seconds: float) -> bool:
        came = self._event.wait(seconds)
        self._event.clear()
        return came

    def rest(self) -> None:
        """Wait until nobody wakes it any more."""
        while self.within(0.5):
            pass


@pytest.fixture
def woken() -> Woken:
    return Woken()


@pytest.fixture
def watch(host: Host, woken: Woken) -> Iterator[Watch]:
    watch = Watch(woken)
    yield watch
    watch.close()


@pytest.mark.parametrize(
    "change",
    [
        "ip link add br7 type bridge",
        "ip link set lo mtu 1400",
        "ip address add 10.0.0.9/24 dev lo",
        "ip route add 192.0.2.0/24 dev lo",
    ],
)
def test_a_change_wakes_it(host: Host, watch: Watch, woken: Woken, change: str) -> None:
    woken.rest()

    host.sh(change)

    assert woken.within(1)


def test_quiet_is_quiet(host: Host, watch: Watch, woken: Woken) -> None:
    woken.rest()

    assert not woken.within(0.5)


def test_many_changes_wake_it_few_times(host: Host, watch: Watch, woken: Woken) -> None:
    woken.rest()
    woken.times = 0

    host.sh("for i in $(seq 50); do echo link add b$i type bridge; done | ip -batch -")
    woken.rest()

    assert 1 <= woken.times <= 3


def test_a_storm_does_not_keep_it_asleep(host: Host, watch: Watch, woken: Woken) -> None:
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


def test_the_end_of_dnsmasq_wakes_it(host: Host, watch: Watch, woken: Woken) -> None:
    host.follow = watch.follow
    host.restart_the_agent()
    serve(host, network(3))
    woken.rest()

    host.sh(f"kill -9 $(cat {host.files('br100').pid})")

    started = time.monotonic()
    assert woken.within(1)
    assert time.monotonic() - started < 0.5


def test_a_dnsmasq_that_is_no_longer_followed_does_not(
    host: Host, watch: Watch, woken: Woken
) -> None:
    host.follow = watch.follow
    host.restart_the_agent()
    serve(host, network(3))
    watch.follow(frozenset())
    woken.rest()

    host.sh(f"kill -9 $(cat {host.files('br100').pid})")

    assert not woken.within(0.5)


def test_closed_it_leaves_no_thread_and_no_descriptor(host: Host) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = threading.active_count(), descriptors()
    watch = Watch(lambda: None)

    watch.close()

    assert (threading.active_count(), descriptors()) == before
