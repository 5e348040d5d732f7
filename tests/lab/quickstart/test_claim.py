"""The claim of a directory: one cloud at a time has it."""

import os
from pathlib import Path

import pytest

from tests.lab.quickstart.claim import MARK, ClaimedError, UnusableError, claim, is_claimed, remove


def test_a_directory_is_claimed_by_one_cloud_at_a_time(directory: Path) -> None:
    ours = directory / "ours"
    lock = claim(ours)
    assert is_claimed(ours)
    with pytest.raises(ClaimedError):
        claim(ours)
    (ours / "left behind").write_text("by a cloud that was killed")

    os.close(lock)

    assert not is_claimed(ours)
    os.close(claim(ours))
    assert [entry.name for entry in ours.iterdir()] == [MARK]


def test_a_directory_is_removed_once_its_cloud_has_ended(directory: Path) -> None:
    ours = directory / "removed"
    lock = claim(ours)
    (ours / "node1").mkdir()
    assert not remove(ours)

    os.close(lock)

    assert remove(ours)
    assert not ours.exists()
    assert remove(ours)  # another process was faster


def test_a_directory_with_other_files_is_neither_claimed_nor_removed(directory: Path) -> None:
    theirs = directory / "theirs"
    theirs.mkdir()
    (theirs / "thesis").write_text("the only copy")

    with pytest.raises(UnusableError, match="has other files"):
        claim(theirs)
    remove(theirs)

    assert (theirs / "thesis").read_text() == "the only copy"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/proc/nope", "cannot be created"),
        ("/etc/passwd", "not a directory"),
        ("/etc/passwd/x", ""),
    ],
)
def test_a_path_that_cannot_be_a_directory_is_refused(path: str, why: str) -> None:
    with pytest.raises(UnusableError, match=f"{path} .*{why}"):
        claim(Path(path))
