"""What the guard of leases takes for the end of a lease, and how often it reacts."""

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest

from cloudnet.agent.drivers.dnsmasq.dhcp_messages import (
    BOOTP,
    COOKIE,
    DECLINE,
    RELEASE,
    REQUEST,
    LeaseEnd,
    build_request,
    parse_lease_end,
)
from cloudnet.agent.drivers.dnsmasq.dhcp_watch import DhcpWatch, ReceivedEnd
from cloudnet.agent.drivers.dnsmasq.lease_guard import LeaseGuard

VM3 = IPv4Address("10.0.0.3")
HOSTS = ["fa:16:3e:00:00:03,vm3,10.0.0.3", "fa:16:3e:00:00:04,vm4,10.0.0.4"]
ENDS = b"\xff"


def packet(
    options: bytes, *, client: bytes = bytes(4), file: bytes = b"", sname: bytes = b""
) -> bytes:
    nothing = bytes(4)
    bootp = BOOTP.pack(
        *(1, 1, 6, 0, 7, 0, 0, client, nothing, nothing, nothing, b"", sname, file, COOKIE)
    )
    return bytes([0x45]) + bytes(19) + bytes(8) + bootp + options


def kind(number: int) -> bytes:
    return bytes([53, 1, number])


REQUESTED = bytes([50, 4]) + VM3.packed
DECLINED, RELEASED = LeaseEnd(VM3, declined=True), LeaseEnd(VM3, declined=False)


@pytest.mark.parametrize(
    ("sent", "end"),
    [
        (packet(kind(DECLINE) + REQUESTED + ENDS), DECLINED),
        (packet(bytes(3) + REQUESTED + kind(DECLINE)), DECLINED),
        (packet(bytes([52, 1, 1]) + REQUESTED + ENDS, file=kind(DECLINE) + ENDS), DECLINED),
        (packet(bytes([52, 1, 3]) + REQUESTED + ENDS, sname=kind(DECLINE) + ENDS), DECLINED),
        (packet(kind(RELEASE) + ENDS, client=VM3.packed), RELEASED),
        (packet(kind(REQUEST) + REQUESTED + kind(DECLINE) + ENDS), None),
        (packet(kind(DECLINE) + ENDS), None),
        (packet(kind(DECLINE) + bytes([50, 3, 1, 2, 3])), None),
        (packet(REQUESTED + ENDS, file=kind(DECLINE)), None),
        (packet(bytes([53])), None),
        (packet(b"")[:-1], None),
        (bytes([0x4F]) + packet(b"")[1:], None),
        (b"", None),
    ],
)
def test_the_end_of_a_lease_is_recognized(sent: bytes, end: LeaseEnd | None) -> None:
    assert parse_lease_end(sent) == end


def test_a_request_ends_no_lease() -> None:
    request = build_request("fa:16:3e:00:00:03", VM3)

    assert parse_lease_end(bytes([0x45]) + bytes(27) + request) is None
    assert struct.unpack_from("!4s", request, 12) == (VM3.packed,)


class Messages(DhcpWatch):
    """A watch that receives what a test sends."""

    def __init__(self) -> None:
        self.sent: list[ReceivedEnd] = []

    def receive(self) -> Iterator[ReceivedEnd]:
        sent, self.sent = self.sent, []
        return iter(sent)


@pytest.fixture
def messages() -> Messages:
    return Messages()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(messages: Messages, clock: Clock) -> LeaseGuard:
    guard = LeaseGuard(messages, clock)
    guard.watch_only(["lo"])
    return guard


def received(end: LeaseEnd, bridge: str = "lo") -> ReceivedEnd:
    return ReceivedEnd(bridge, end, "fa:16:3e:00:00:04")


def test_a_declined_address_needs_a_reload_whatever_else_is_sent(
    guard: LeaseGuard, messages: Messages
) -> None:
    messages.sent = [received(DECLINED), received(RELEASED)]

    assert guard.has_any()
    assert guard.needs_reload("lo")
    assert list(guard.list_faults("lo", HOSTS)) == ["10.0.0.3 declined by fa:16:3e:00:00:04"]


def test_messages_on_links_without_a_dnsmasq_are_ignored(
    guard: LeaseGuard, messages: Messages
) -> None:
    messages.sent = [received(DECLINED, "eth0")]

    assert not guard.has_any()


def test_a_released_lease_needs_no_reload(guard: LeaseGuard, messages: Messages) -> None:
    messages.sent = [received(RELEASED)]

    assert guard.has_any()
    assert not guard.needs_reload("lo")


def test_a_flood_of_messages_is_answered_by_few_reloads(
    guard: LeaseGuard, messages: Messages, clock: Clock
) -> None:
    hosts = [f"fa:16:3e:00:00:03,vm{n},10.0.0.{n}" for n in range(1, 101)]
    reloads = 0

    for clock.now in range(100, 160):
        messages.sent = [received(DECLINED)]
        if guard.has_any():
            assert list(guard.list_faults("lo", hosts))
            reloads += guard.needs_reload("lo")
            guard.restore("lo", hosts, "127.0.0.1")

    assert reloads == 6
