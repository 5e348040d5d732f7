"""The lab's small parts: waiting, tables, the guests' image, the broker, a directory's claim."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.servers import RabbitMQ
from tests.fixtures.waiting import TimedOutError, wait_for
from tests.lab.cloud.checks import Check, hold, table
from tests.lab.cloud.daemons import Program
from tests.lab.machines.guest_image import build_image, find_busybox
from tests.lab.machines.host import Place
from tests.lab.machines.pings import Pings, read_pings
from tests.lab.quickstart.claim import MARK, TakenError, UnfitError, is_taken, remove, take


def test_waiting_returns_what_was_found() -> None:
    found = iter([None, "", "there"])

    assert wait_for(lambda: next(found), "a word", timeout=5, pause=0) == "there"


def test_waiting_in_vain_says_what_was_seen() -> None:
    def look() -> bool:
        raise AssertionError("only two of three")

    with pytest.raises(TimedOutError, match=r"waited 0 s for three; last seen: only two of three"):
        wait_for(look, "three", timeout=0)


def test_a_table_shows_what_does_not_hold() -> None:
    checks = [Check.same("tag", 100, 100), Check.same("ping", "5 of 5", "4 of 5")]

    assert table(checks).splitlines()[2:] == [
        "tag   100       100     ok",
        "ping  5 of 5    4 of 5  NOT OK",
    ]
    with pytest.raises(AssertionError, match="ping: expected 5 of 5, seen 4 of 5"):
        hold(checks)


@pytest.mark.parametrize(
    "summary",
    [
        "5 packets transmitted, 4 packets received, 20% packet loss",
        "5 packets transmitted, 4 received, 20% packet loss, time 4ms",
    ],
)
def test_both_kinds_of_ping_are_understood(summary: str) -> None:
    assert read_pings(f"--- 10.0.0.1 ping statistics ---\n{summary}\n") == Pings(5, 4)


def test_a_ping_that_did_not_happen_is_no_lost_ping() -> None:
    with pytest.raises(AssertionError, match="there was no ping, but: ping: not found"):
        read_pings("ping: not found\n")


def test_the_guests_image_is_an_archive_that_the_kernel_takes(lab: Place, directory: Path) -> None:
    image = build_image(directory)

    listed = lab.sh(f"{find_busybox()} cpio -t <{image.initramfs}").split()

    assert {"init", "bin/busybox", "etc/dhcp-event"} <= set(listed)
    assert any(name.endswith("virtio_net.ko") for name in listed)


def test_a_directory_has_one_cloud_at_a_time(directory: Path) -> None:
    ours = directory / "ours"
    lock = take(ours)
    assert is_taken(ours)
    with pytest.raises(TakenError):
        take(ours)
    (ours / "left behind").write_text("by a cloud that was killed")

    os.close(lock)

    assert not is_taken(ours)
    os.close(take(ours))
    assert [entry.name for entry in ours.iterdir()] == [MARK]


def test_a_directory_is_removed_once_its_cloud_has_ended(directory: Path) -> None:
    ours = directory / "removed"
    lock = take(ours)
    (ours / "node1").mkdir()
    assert not remove(ours)

    os.close(lock)

    assert remove(ours)
    assert not ours.exists()
    assert remove(ours)  # another was faster


def test_what_is_not_a_clouds_is_neither_taken_nor_removed(directory: Path) -> None:
    theirs = directory / "theirs"
    theirs.mkdir()
    (theirs / "thesis").write_text("the only copy")

    with pytest.raises(UnfitError, match="holds other things"):
        take(theirs)
    remove(theirs)

    assert (theirs / "thesis").read_text() == "the only copy"


@pytest.mark.parametrize(
    ("path", "why"),
    [("/proc/nope", "cannot be made"), ("/etc/passwd", "not a directory"), ("/etc/passwd/x", "")],
)
def test_a_directory_that_cannot_be_is_said(path: str, why: str) -> None:
    with pytest.raises(UnfitError, match=f"{path} .*{why}"):
        take(Path(path))


def test_cloudnets_programs_run_as_they_are_installed() -> None:
    (python, *words) = Program("cloudnet-manage", ()).argv("--version")

    said = subprocess.run([python, *words], check=True, capture_output=True, text=True)

    assert said.stdout.startswith("cloudnet-manage ")


def test_a_broker_comes_and_goes_with_all_it_has_started(lab: Place, directory: Path) -> None:
    with RabbitMQ(directory / "broker", "127.0.0.1", 5673) as broker:
        assert broker.transport_url == "rabbit://cloudnet:cloudnet@127.0.0.1:5673/"
        assert lab.attempt("pgrep", "-x", "epmd").ok

    assert not lab.attempt("pgrep", "-x", "epmd|beam.smp|erl_child_setup").ok
