"""Reading what may have been replaced by something that blocks, or that never ends."""

import os
from pathlib import Path

import pytest

from cloudnet.common.regular_file import read_regular


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
