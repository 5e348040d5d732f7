import json
import logging
from pathlib import Path

import pytest

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common.wire.objects import FixedRanges, ReportReply
from tests.fixtures.agent.snapshots import OTHER, PRIVATE, RANGES, gone, network


@pytest.fixture
def store(tmp_path: Path) -> DesiredStore:
    return DesiredStore("node1", SnapshotCache(tmp_path))


def again(tmp_path: Path) -> DesiredStore:
    return DesiredStore("node1", SnapshotCache(tmp_path))


def test_who_waits_is_told_whether_to_look_or_only_to_listen(store: DesiredStore) -> None:
    store.put(network())
    assert not store.wait(5)

    store.put(network())  # no news
    assert store.wait(0)

    store.put(network(revision=2))
    store.wake()
    assert store.wait(5)


def test_an_older_revision_is_dropped_whatever_it_says(store: DesiredStore) -> None:
    store.put(network(revision=5))
    store.put(network(revision=4, label="older"))
    store.put(gone(revision=3))

    assert store.desired().wanted == [network(revision=5)]


def test_a_late_copy_does_not_bring_back_what_is_gone(store: DesiredStore) -> None:
    store.put(gone(revision=2))
    store.put(network(revision=1))

    assert store.desired().gone == [gone(revision=2)]
    assert store.desired().wanted == []


def test_a_snapshot_for_another_host_is_dropped_and_said(
    store: DesiredStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.put(network(host="node2"))

    assert store.desired().snapshots == ()
    assert "meant for host node2; this is node1" in caplog.text


def test_the_picture_is_whole_after_the_first_answer_not_after_a_cast(store: DesiredStore) -> None:
    store.put(network())
    assert not store.desired().synced

    store.put_reply(ReportReply(RANGES, ()))
    assert store.desired().synced


def test_all_of_it_survives_a_restart(store: DesiredStore, tmp_path: Path) -> None:
    store.put_reply(ReportReply(RANGES, (network(), gone(OTHER))))

    assert again(tmp_path).desired() == store.desired()


def test_what_is_forgotten_stays_forgotten(store: DesiredStore, tmp_path: Path) -> None:
    store.put(gone())
    store.forget(gone())

    assert again(tmp_path).desired().snapshots == ()


def test_a_late_snapshot_of_what_is_forgotten_is_dropped(store: DesiredStore) -> None:
    store.put(gone(revision=5))
    store.forget(gone(revision=5))

    store.put(network(revision=4))
    assert store.desired().snapshots == ()
    store.put(network(revision=6))
    assert store.desired().wanted == [network(revision=6)]


def test_what_is_forgotten_comes_back_by_an_answer_whatever_its_revision(
    store: DesiredStore,
) -> None:
    store.put(gone(revision=5))
    store.forget(gone(revision=5))

    store.put_reply(ReportReply(RANGES, (network(revision=3),)))  # of a restored database

    assert store.desired().wanted == [network(revision=3)]


def test_under_another_name_nothing_is_taken_away_before_the_controller_has_spoken(
    store: DesiredStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.put_reply(ReportReply(RANGES, (network(),)))

    renamed = DesiredStore("node7", SnapshotCache(tmp_path))

    assert renamed.desired().snapshots == ()
    assert not renamed.desired().synced
    assert "this is node7, and 1 networks are kept as those of node1" in caplog.text
    renamed.put_reply(ReportReply(RANGES, ()))
    assert renamed.desired().synced
    assert DesiredStore("node7", SnapshotCache(tmp_path)).desired().synced


def test_a_network_that_came_back_meanwhile_is_not_forgotten(store: DesiredStore) -> None:
    store.put(gone(revision=2))
    store.put(network(revision=3))
    store.forget(gone(revision=2))

    assert store.desired().wanted == [network(revision=3)]


def test_older_ranges_do_not_replace_newer_ones(store: DesiredStore) -> None:
    store.put_ranges(FixedRanges(3, RANGES.ranges))
    store.put_ranges(FixedRanges(2, ()))

    assert store.desired().ranges == FixedRanges(3, RANGES.ranges)


def test_an_unreadable_file_is_set_aside_and_the_picture_no_longer_whole(
    store: DesiredStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.put_reply(ReportReply(RANGES, (network(), network(OTHER))))
    (tmp_path / f"network-{PRIVATE}.json").write_text("{ torn")

    desired = again(tmp_path).desired()

    assert desired.wanted == [network(OTHER)]
    assert not desired.synced
    assert f"network-{PRIVATE}.json cannot be read" in caplog.text


def test_a_crash_while_writing_leaves_the_old_snapshot(store: DesiredStore, tmp_path: Path) -> None:
    store.put(network(revision=1))
    (tmp_path / f"network-{PRIVATE}.new").write_text(json.dumps({"half": "a"})[:5])

    assert again(tmp_path).desired().wanted == [network(revision=1)]


@pytest.mark.parametrize("damage", ["directory", "not text", "cut short", "not a snapshot"])
def test_whatever_is_wrong_with_a_kept_snapshot_the_others_are_known_and_nothing_is_taken_away(
    tmp_path: Path, damage: str
) -> None:
    first = again(tmp_path)
    first.put(network())
    first.put(network(network=OTHER, bridge="br101"))
    first.put_reply(ReportReply(RANGES, ()))
    file = tmp_path / f"network-{OTHER}.json"
    kept = file.read_bytes()
    file.unlink()
    if damage == "directory":
        file.mkdir()
    else:
        texts = {"not text": b"\xff\xfe", "cut short": kept[:50], "not a snapshot": b"[1]"}
        file.write_bytes(texts[damage])

    desired = again(tmp_path).desired()

    assert [each.network for each in desired.wanted] == [PRIVATE]
    assert not desired.synced


def test_what_cannot_be_kept_is_done_all_the_same_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = again(tmp_path)
    store.put(network())
    store.put_reply(ReportReply(RANGES, ()))
    (tmp_path / f"network-{PRIVATE}.new").mkdir()  # nothing can be written in its place

    store.put(network(revision=8))
    store.put(network(revision=9))

    assert store.desired().wanted == [network(revision=9)]
    assert store.desired().synced
    assert caplog.text.count("cannot keep what the controller says") == 1
    restarted = again(tmp_path).desired()
    assert restarted.wanted == [network()]
    assert not restarted.synced  # so nothing newer is taken away before the controller answers


def test_what_could_not_be_kept_is_kept_when_the_disk_is_well_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store = again(tmp_path)
    blocked = tmp_path / f"network-{PRIVATE}.new"
    blocked.mkdir()
    store.put_reply(ReportReply(RANGES, (network(),)))
    assert not again(tmp_path).desired().synced

    blocked.rmdir()
    store.put_reply(ReportReply(RANGES, ()))

    assert again(tmp_path).desired() == store.desired()
    assert again(tmp_path).desired().synced
    assert "is kept again" in caplog.text
