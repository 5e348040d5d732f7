"""The claim of a directory: one cloud at a time has it."""

import os
from pathlib import Path

import pytest

from tests.lab.quickstart.claim import MARK, TakenError, UnfitError, is_taken, remove, take


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
