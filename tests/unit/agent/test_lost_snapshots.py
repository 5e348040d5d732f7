"""Files of the desired state that another program removes."""

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common.wire.objects import FixedRanges, Origin, ReportReply
from tests.fixtures.agent.snapshots import OTHER, PRIVATE, RANGES, gone, network

ORIGIN = Origin("11111111-1111-1111-1111-111111111111", 7, "22222222-2222-2222-2222-222222222222")


def start(tmp_path: Path) -> DesiredStore:
    return DesiredStore("node1", SnapshotCache(tmp_path))


@pytest.fixture
def store(tmp_path: Path) -> DesiredStore:
    """Return the state of a host with two networks, which are on disk."""
    store = start(tmp_path)
    networks = network(), replace(network(OTHER), origin=ORIGIN)
    store.put_reply(ReportReply(RANGES, networks, origin=ORIGIN))
    store.keep_on_disk()
    return store


LOSSES: dict[str, Callable[[Path], object]] = {
    "one network": lambda path: (path / f"network-{PRIVATE}.json").unlink(),
    "all networks": lambda path: [file.unlink() for file in path.glob("network-*")],
    "the ranges": lambda path: (path / "ranges.json").unlink(),
    "the origin": lambda path: (path / "origin.json").unlink(),
    "the mark": lambda path: (path / "synced").unlink(),
    "all files": lambda path: [file.unlink() for file in path.iterdir()],
    "the directory": lambda path: path.rename(path.with_suffix(".old")),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_after_a_restart_nothing_is_removed_before_the_controller_replies(
    tmp_path: Path, store: DesiredStore, lose: Callable[[Path], object]
) -> None:
    assert start(tmp_path).desired() == store.desired()

    lose(tmp_path)

    assert not start(tmp_path).desired().synced


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_a_running_agent_writes_the_files_again(
    tmp_path: Path, store: DesiredStore, lose: Callable[[Path], object]
) -> None:
    lose(tmp_path)

    store.keep_on_disk()

    restarted = start(tmp_path)
    assert restarted.desired() == store.desired()
    assert restarted.desired().synced
    assert restarted.origin == ORIGIN


def test_each_file_that_is_written_again_is_logged(
    tmp_path: Path, store: DesiredStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    LOSSES["one network"](tmp_path)

    for _ in range(2):
        store.keep_on_disk()

    lost = tmp_path / f"network-{PRIVATE}.json"
    assert [each.getMessage() for each in caplog.records] == [
        f"{lost}: was removed by another program; written again"
    ]


def test_the_origin_is_also_known_from_the_snapshots(tmp_path: Path, store: DesiredStore) -> None:
    LOSSES["the origin"](tmp_path)

    assert start(tmp_path).origin == ORIGIN


def test_a_network_that_is_forgotten_is_not_missed(tmp_path: Path, store: DesiredStore) -> None:
    store.put_reply(ReportReply(RANGES, (gone(revision=9),), origin=ORIGIN))
    store.forget(gone(revision=9))

    restarted = start(tmp_path).desired()

    assert [each.network for each in restarted.snapshots] == [OTHER]
    assert restarted.synced


def test_the_mark_of_an_older_version_names_no_files_and_counts(
    tmp_path: Path, store: DesiredStore
) -> None:
    (tmp_path / "synced").write_text("")

    assert start(tmp_path).desired().synced
    assert start(tmp_path).desired().ranges == FixedRanges(RANGES.revision, RANGES.ranges)


@pytest.mark.parametrize("name", ["synced", f"network-{PRIVATE}.json", f"network-{PRIVATE}.new"])
def test_a_pipe_in_place_of_a_file_does_not_block_the_agent(
    tmp_path: Path, store: DesiredStore, name: str
) -> None:
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    changed = network(revision=2, label="changed")

    store.put_reply(ReportReply(RANGES, (changed,), origin=ORIGIN))
    store.keep_on_disk()

    restarted = start(tmp_path).desired()
    assert [each.network for each in restarted.networks][-1] == OTHER
    is_stored = name != f"network-{PRIVATE}.new"  # that one is written through
    assert (changed.label in [each.label for each in restarted.networks]) == is_stored
