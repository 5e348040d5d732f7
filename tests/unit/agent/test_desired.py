import json
import logging
from pathlib import Path

import pytest

from cloudnet.agent.desired import Inbox
from cloudnet.agent.snapshot_cache import Memory
from cloudnet.common.wire.objects import FixedRanges, Picture
from tests.fixtures.agent.snapshots import OTHER, PRIVATE, RANGES, gone, network


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox("node1", Memory(tmp_path))


def again(tmp_path: Path) -> Inbox:
    return Inbox("node1", Memory(tmp_path))


def test_who_waits_is_told_whether_to_look_or_only_to_listen(inbox: Inbox) -> None:
    inbox.put(network())
    assert not inbox.wait(5)

    inbox.put(network())  # no news
    assert inbox.wait(0)

    inbox.put(network(revision=2))
    inbox.wake()
    assert inbox.wait(5)


def test_an_older_revision_is_dropped_whatever_it_says(inbox: Inbox) -> None:
    inbox.put(network(revision=5))
    inbox.put(network(revision=4, label="older"))
    inbox.put(gone(revision=3))

    assert inbox.told().wanted == [network(revision=5)]


def test_a_late_copy_does_not_bring_back_what_is_gone(inbox: Inbox) -> None:
    inbox.put(gone(revision=2))
    inbox.put(network(revision=1))

    assert inbox.told().gone == [gone(revision=2)]
    assert inbox.told().wanted == []


def test_a_snapshot_for_another_host_is_dropped_and_said(
    inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.put(network(host="node2"))

    assert inbox.told().snapshots == ()
    assert "meant for host node2; this is node1" in caplog.text


def test_the_picture_is_whole_after_the_first_answer_not_after_a_cast(inbox: Inbox) -> None:
    inbox.put(network())
    assert not inbox.told().whole

    inbox.put_picture(Picture(RANGES, ()))
    assert inbox.told().whole


def test_all_of_it_survives_a_restart(inbox: Inbox, tmp_path: Path) -> None:
    inbox.put_picture(Picture(RANGES, (network(), gone(OTHER))))

    assert again(tmp_path).told() == inbox.told()


def test_what_is_forgotten_stays_forgotten(inbox: Inbox, tmp_path: Path) -> None:
    inbox.put(gone())
    inbox.forget(gone())

    assert again(tmp_path).told().snapshots == ()


def test_a_late_snapshot_of_what_is_forgotten_is_dropped(inbox: Inbox) -> None:
    inbox.put(gone(revision=5))
    inbox.forget(gone(revision=5))

    inbox.put(network(revision=4))
    assert inbox.told().snapshots == ()
    inbox.put(network(revision=6))
    assert inbox.told().wanted == [network(revision=6)]


def test_what_is_forgotten_comes_back_by_an_answer_whatever_its_revision(inbox: Inbox) -> None:
    inbox.put(gone(revision=5))
    inbox.forget(gone(revision=5))

    inbox.put_picture(Picture(RANGES, (network(revision=3),)))  # of a restored database

    assert inbox.told().wanted == [network(revision=3)]


def test_under_another_name_nothing_is_taken_away_before_the_controller_has_spoken(
    inbox: Inbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.put_picture(Picture(RANGES, (network(),)))

    renamed = Inbox("node7", Memory(tmp_path))

    assert renamed.told().snapshots == ()
    assert not renamed.told().whole
    assert "this is node7, and 1 networks are kept as those of node1" in caplog.text
    renamed.put_picture(Picture(RANGES, ()))
    assert renamed.told().whole
    assert Inbox("node7", Memory(tmp_path)).told().whole


def test_a_network_that_came_back_meanwhile_is_not_forgotten(inbox: Inbox) -> None:
    inbox.put(gone(revision=2))
    inbox.put(network(revision=3))
    inbox.forget(gone(revision=2))

    assert inbox.told().wanted == [network(revision=3)]


def test_older_ranges_do_not_replace_newer_ones(inbox: Inbox) -> None:
    inbox.put_ranges(FixedRanges(3, RANGES.ranges))
    inbox.put_ranges(FixedRanges(2, ()))

    assert inbox.told().ranges == FixedRanges(3, RANGES.ranges)


def test_an_unreadable_file_is_set_aside_and_the_picture_no_longer_whole(
    inbox: Inbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.put_picture(Picture(RANGES, (network(), network(OTHER))))
    (tmp_path / f"network-{PRIVATE}.json").write_text("{ torn")

    told = again(tmp_path).told()

    assert told.wanted == [network(OTHER)]
    assert not told.whole
    assert f"network-{PRIVATE}.json cannot be read" in caplog.text


def test_a_crash_while_writing_leaves_the_old_snapshot(inbox: Inbox, tmp_path: Path) -> None:
    inbox.put(network(revision=1))
    (tmp_path / f"network-{PRIVATE}.new").write_text(json.dumps({"half": "a"})[:5])

    assert again(tmp_path).told().wanted == [network(revision=1)]


@pytest.mark.parametrize("damage", ["directory", "not text", "cut short", "not a snapshot"])
def test_whatever_is_wrong_with_a_kept_snapshot_the_others_are_known_and_nothing_is_taken_away(
    tmp_path: Path, damage: str
) -> None:
    first = again(tmp_path)
    first.put(network())
    first.put(network(network=OTHER, bridge="br101"))
    first.put_picture(Picture(RANGES, ()))
    file = tmp_path / f"network-{OTHER}.json"
    kept = file.read_bytes()
    file.unlink()
    if damage == "directory":
        file.mkdir()
    else:
        texts = {"not text": b"\xff\xfe", "cut short": kept[:50], "not a snapshot": b"[1]"}
        file.write_bytes(texts[damage])

    told = again(tmp_path).told()

    assert [each.network for each in told.wanted] == [PRIVATE]
    assert not told.whole


def test_what_cannot_be_kept_is_done_all_the_same_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = again(tmp_path)
    inbox.put(network())
    inbox.put_picture(Picture(RANGES, ()))
    (tmp_path / f"network-{PRIVATE}.new").mkdir()  # nothing can be written in its place

    inbox.put(network(revision=8))
    inbox.put(network(revision=9))

    assert inbox.told().wanted == [network(revision=9)]
    assert inbox.told().whole
    assert caplog.text.count("cannot keep what the controller says") == 1
    restarted = again(tmp_path).told()
    assert restarted.wanted == [network()]
    assert not restarted.whole  # so nothing newer is taken away before the controller answers


def test_what_could_not_be_kept_is_kept_when_the_disk_is_well_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    inbox = again(tmp_path)
    blocked = tmp_path / f"network-{PRIVATE}.new"
    blocked.mkdir()
    inbox.put_picture(Picture(RANGES, (network(),)))
    assert not again(tmp_path).told().whole

    blocked.rmdir()
    inbox.put_picture(Picture(RANGES, ()))

    assert again(tmp_path).told() == inbox.told()
    assert again(tmp_path).told().whole
    assert "is kept again" in caplog.text
