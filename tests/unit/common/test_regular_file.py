"""Reading what may have been replaced by something that blocks, or that never ends."""

import os
from pathlib import Path

import pytest

from cloudnet.common.regular_file import open_regular, read_regular, write_regular


def test_a_file_is_read_completely(tmp_path: Path) -> None:
    content = os.urandom(3 << 20)
    (tmp_path / "file").write_bytes(content)

    assert read_regular(tmp_path / "file") == content


def test_what_is_no_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match="Not a regular file"):
            read_regular(path)


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")

    assert read_regular(tmp_path / "file", longest=5) == b"12345"
    with pytest.raises(OSError, match="too large"):
        read_regular(tmp_path / "file", longest=4)


def test_a_file_that_others_may_not_read_is_refused_if_they_must(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "file").chmod(0o640)

    assert read_regular(tmp_path / "file", permission=0o040) == b"x"
    with pytest.raises(PermissionError):
        read_regular(tmp_path / "file", permission=0o004)


def test_a_file_is_replaced_by_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("longer")

    write_regular(tmp_path / "file", "new\n")

    assert (tmp_path / "file").read_text() == "new\n"


def test_nothing_is_written_to_what_is_no_regular_file(tmp_path: Path) -> None:
    """A named pipe would block its writer until somebody reads it."""
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "read")
    reader = os.open(tmp_path / "read", os.O_RDONLY | os.O_NONBLOCK)

    for path in (tmp_path / "pipe", tmp_path / "read", Path("/dev/null")):
        with pytest.raises(OSError, match="Not a regular file"):
            write_regular(path, "x")
        with pytest.raises(OSError, match="Not a regular file"):
            open_regular(path, os.O_WRONLY | os.O_APPEND)
    os.close(reader)
