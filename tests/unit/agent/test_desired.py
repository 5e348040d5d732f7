import json
import logging
import os
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common.wire.objects import (
    DnsRecord,
    DnsRecords,
    DnsZone,
    FixedRanges,
    Origin,
    ReportReply,
)
from tests.fixtures.agent.snapshots import OTHER, PRIVATE, RANGES, gone, network


@pytest.fixture
def store(tmp_path: Path) -> DesiredStore:
    return DesiredStore("node1", SnapshotCache(tmp_path))


def restart(tmp_path: Path) -> DesiredStore:
    return DesiredStore("node1", SnapshotCache(tmp_path))


def test_only_what_is_new_is_a_change(tmp_path: Path) -> None:
    changes: list[str] = []
    store = DesiredStore("node1", SnapshotCache(tmp_path), lambda: changes.append("change"))

    store.put(network())
    store.put(network())
    store.put(network(revision=2))
    store.put_ranges(RANGES)
    store.put_ranges(RANGES)

    assert len(changes) == 3


def test_the_desired_state_is_the_same_object_until_it_changes(store: DesiredStore) -> None:
    store.put(network())
    before = store.desired()

    assert store.desired() is before
    store.put(network(revision=2))
    assert store.desired().networks == [network(revision=2)]


def test_an_older_revision_is_dropped(store: DesiredStore) -> None:
    store.put(network(revision=5))
    store.put(network(revision=4, label="older"))
    store.put(gone(revision=3))

    assert store.desired().networks == [network(revision=5)]


def test_a_late_snapshot_does_not_bring_back_a_removed_network(store: DesiredStore) -> None:
    store.put(network(revision=1))
    store.put(gone(revision=3))
    store.put(network(revision=2))

    assert store.desired().gone == [gone(revision=3)]
    assert store.desired().networks == []


def test_a_removal_that_outruns_its_snapshot_is_nothing_to_report_but_drops_the_snapshot(
    store: DesiredStore,
) -> None:
    store.put(gone(revision=2))
    store.put(network(revision=1))

    assert store.desired().snapshots == ()


def test_a_snapshot_for_another_host_is_dropped_and_logged(
    store: DesiredStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.put(network(host="node2"))

    assert store.desired().snapshots == ()
    assert "dropped a snapshot for host node2; this is host node1" in caplog.text


def test_the_first_reply_makes_the_state_synced_and_a_cast_does_not(store: DesiredStore) -> None:
    store.put(network())
    assert not store.desired().synced

    store.put_reply(ReportReply(RANGES, ()))
    assert store.desired().synced


def test_the_desired_state_survives_a_restart(store: DesiredStore, tmp_path: Path) -> None:
    store.put_reply(ReportReply(RANGES, (network(), gone(OTHER))))

    assert restart(tmp_path).desired() == store.desired()


def test_a_forgotten_network_stays_forgotten_after_a_restart(
    store: DesiredStore, tmp_path: Path
) -> None:
    store.put(gone())
    store.forget(gone())

    assert restart(tmp_path).desired().snapshots == ()


def test_a_late_snapshot_of_a_forgotten_network_is_dropped(store: DesiredStore) -> None:
    store.put(gone(revision=5))
    store.forget(gone(revision=5))

    store.put(network(revision=4))
    assert store.desired().snapshots == ()
    store.put(network(revision=6))
    assert store.desired().networks == [network(revision=6)]


def test_a_forgotten_network_comes_back_with_a_reply_of_any_revision(
    store: DesiredStore,
) -> None:
    store.put(gone(revision=5))
    store.forget(gone(revision=5))

    store.put_reply(ReportReply(RANGES, (network(revision=3),)))  # of a restored database

    assert store.desired().networks == [network(revision=3)]


def test_a_renamed_host_is_not_synced_before_the_controller_replies(
    store: DesiredStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.put_reply(ReportReply(RANGES, (network(),)))

    renamed = DesiredStore("node7", SnapshotCache(tmp_path))

    assert renamed.desired().snapshots == ()
    assert not renamed.desired().synced
    assert "host node7: the snapshots on disk are of host node1 (1 networks)" in caplog.text
    renamed.put_reply(ReportReply(RANGES, ()))
    assert renamed.desired().synced
    assert DesiredStore("node7", SnapshotCache(tmp_path)).desired().synced


def test_a_network_that_is_desired_again_is_not_forgotten(store: DesiredStore) -> None:
    store.put(gone(revision=2))
    store.put(network(revision=3))
    store.forget(gone(revision=2))

    assert store.desired().networks == [network(revision=3)]


def test_older_ranges_do_not_replace_newer_ones(store: DesiredStore) -> None:
    store.put_ranges(FixedRanges(3, RANGES.ranges))
    store.put_ranges(FixedRanges(2, ()))

    assert store.desired().ranges == FixedRanges(3, RANGES.ranges)


def test_an_unreadable_file_is_set_aside_and_the_state_is_not_synced(
    store: DesiredStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store.put_reply(ReportReply(RANGES, (network(), network(OTHER))))
    (tmp_path / f"network-{PRIVATE}.json").write_text("{ torn")

    desired = restart(tmp_path).desired()

    assert desired.networks == [network(OTHER)]
    assert not desired.synced
    assert f"network-{PRIVATE}.json: cannot be read" in caplog.text


def test_a_crash_while_writing_leaves_the_old_snapshot(store: DesiredStore, tmp_path: Path) -> None:
    store.put(network(revision=1))
    (tmp_path / f"network-{PRIVATE}.new").write_text(json.dumps({"half": "a"})[:5])

    assert restart(tmp_path).desired().networks == [network(revision=1)]


@pytest.mark.parametrize("damage", ["directory", "not text", "cut short", "not a snapshot"])
def test_one_damaged_file_leaves_the_others_and_the_state_is_not_synced(
    tmp_path: Path, damage: str
) -> None:
    first = restart(tmp_path)
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

    desired = restart(tmp_path).desired()

    assert [each.network for each in desired.networks] == [PRIVATE]
    assert not desired.synced


def test_a_snapshot_that_cannot_be_stored_is_applied_and_that_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = restart(tmp_path)
    store.put(network())
    store.put_reply(ReportReply(RANGES, ()))
    (tmp_path / f"network-{PRIVATE}.new").mkdir()  # so the file cannot be written

    store.put(network(revision=8))
    store.put(network(revision=9))

    assert store.desired().networks == [network(revision=9)]
    assert store.desired().synced
    assert caplog.text.count("cannot store snapshots in") == 1
    restarted = restart(tmp_path).desired()
    assert restarted.networks == [network()]
    assert not restarted.synced  # so nothing is removed before the controller replies


def test_snapshots_are_stored_when_the_disk_can_be_written_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store = restart(tmp_path)
    blocked = tmp_path / f"network-{PRIVATE}.new"
    blocked.mkdir()
    store.put_reply(ReportReply(RANGES, (network(),)))
    assert not restart(tmp_path).desired().synced

    blocked.rmdir()
    store.put_reply(ReportReply(RANGES, ()))

    assert restart(tmp_path).desired() == store.desired()
    assert restart(tmp_path).desired().synced
    assert f"cannot store snapshots in {tmp_path}: resolved" in caplog.text


def test_an_invalid_snapshot_in_a_reply_stops_no_other_and_is_logged_once(
    store: DesiredStore, caplog: pytest.LogCaptureFixture
) -> None:
    invalid = network(OTHER, mtu=-1)
    for _ in range(2):
        store.put_reply(ReportReply(RANGES, (invalid, network())))

    assert store.desired().snapshots == (network(),)
    assert [record.getMessage() for record in caplog.records] == [
        f"dropped the snapshot of network {OTHER}: NetworkSnapshot.mtu: invalid value -1"
    ]


def test_nothing_counts_as_surplus_before_a_reply_without_invalid_snapshots(
    store: DesiredStore,
) -> None:
    """The host may have resources of the network whose snapshot was dropped."""
    store.put_reply(ReportReply(RANGES, (network(OTHER, mtu=-1),)))
    assert not store.desired().synced

    store.put_reply(ReportReply(RANGES, (network(OTHER),)))
    assert store.desired().synced


@pytest.mark.parametrize(
    "text", ["[" * 200_000, '{"type": "Origin", "generation": 1e999}', "\udcff", "", "NaN"]
)
@pytest.mark.parametrize("name", [f"network-{OTHER}.json", "ranges.json", "origin.json"])
def test_any_text_in_a_stored_file_leaves_the_other_files_usable(
    tmp_path: Path, name: str, text: str
) -> None:
    DesiredStore("node1", SnapshotCache(tmp_path)).put_reply(ReportReply(RANGES, (network(),)))
    (tmp_path / name).write_bytes(text.encode(errors="surrogateescape"))

    restarted = restart(tmp_path)

    assert restarted.desired().snapshots == (network(),)
    assert not restarted.desired().synced


def test_a_named_pipe_in_place_of_a_stored_file_is_set_aside(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ranges.json")

    assert restart(tmp_path).desired().ranges == FixedRanges(0, ())
    assert (tmp_path / "ranges.unreadable").exists()


def test_an_invalid_origin_is_not_obeyed(tmp_path: Path, store: DesiredStore) -> None:
    """The host would report it, and the controller would refuse each report."""
    store.put_reply(ReportReply(RANGES, (network(),)))
    SnapshotCache(tmp_path).keep_origin(Origin("another cloud", 10**30, "\udcff"))

    assert restart(tmp_path).origin is None


def test_a_copy_of_a_stored_file_is_set_aside(tmp_path: Path) -> None:
    """It would bring back its network after that was removed."""
    cache = SnapshotCache(tmp_path)
    cache.keep(network())
    file = tmp_path / f"network-{PRIVATE}.json"
    file.rename(tmp_path / "network-copy.json")

    assert restart(tmp_path).desired().snapshots == ()
    assert (tmp_path / "network-copy.unreadable").exists()


def names(count: int, revision: int, base: int | None = None) -> DnsRecords:
    records = (DnsRecord(f"n{n}", "cloud.example", IPv4Address("10.0.0.3")) for n in range(count))
    return DnsRecords(revision, base, (DnsZone("cloud.example", False),), tuple(records))


def stored_revision(tmp_path: Path) -> int:
    stored = SnapshotCache(tmp_path).load().dns
    assert stored is not None
    return stored.revision


def test_few_names_are_on_disk_with_each_change(tmp_path: Path, store: DesiredStore) -> None:
    store.put_reply(ReportReply(RANGES, (), dns=names(3, 5)))
    store.put_dns(names(4, 6, base=5))

    assert stored_revision(tmp_path) == 6


def test_many_names_are_written_now_and_then(tmp_path: Path) -> None:
    seconds = [0.0]
    store = DesiredStore("node1", SnapshotCache(tmp_path), clock=lambda: seconds[0])
    store.put_reply(ReportReply(RANGES, (), dns=names(1500, 5)))
    store.put_dns(names(1, 6, base=5))
    store.keep_on_disk()
    assert stored_revision(tmp_path) == 5

    seconds[0] = 10.0
    store.keep_on_disk()

    assert stored_revision(tmp_path) == 6


def test_a_patch_on_names_that_are_not_known_is_dropped(store: DesiredStore) -> None:
    store.put_reply(ReportReply(RANGES, (), dns=names(3, 5)))

    assert not store.put_dns(names(1, 9, base=7))
    assert store.put_dns(names(1, 9, base=4))
    assert store.put_dns(names(1, 8, base=4))  # an older one: nothing is missing
    dns = store.desired().dns
    assert dns is not None
    assert (dns.revision, len(dns.records)) == (9, 3)
