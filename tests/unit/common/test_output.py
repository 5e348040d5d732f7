"""Standard output: the first failed write is kept, and it decides the exit status."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path

import pytest

from cloudnet.common.output import CLOSED_PIPE_STATUS, Output, finish


class FailingStream(io.StringIO):
    """Refuses each write with the same error, and counts the attempts."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.attempts = 0
        self._error = error

    def write(self, text: str) -> int:
        del text
        self.attempts += 1
        raise self._error


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_text_goes_to_the_stream_and_its_length_is_returned() -> None:
    stream = io.StringIO()
    output = Output(stream)

    assert output.write("br100\n") == 6
    assert stream.getvalue() == "br100\n"
    assert output.error is None


def test_the_first_error_is_kept_and_nothing_is_written_after_it() -> None:
    error = full_disk()
    stream = FailingStream(error)
    output = Output(stream)

    assert output.write("one") == 3
    assert output.write("two") == 3
    assert output.error is error
    assert stream.attempts == 1


def test_a_stream_that_was_closed_at_the_start_is_a_bad_descriptor() -> None:
    output = Output(None)

    assert output.write("text") == 4
    assert output.error is not None
    assert output.error.errno == errno.EBADF
    assert not output.isatty()


def test_a_stream_that_was_closed_at_the_start_has_no_attributes() -> None:
    with pytest.raises(AttributeError, match="encoding"):
        _ = Output(None).encoding


def test_other_attributes_are_those_of_the_stream() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")

    assert Output(stream).encoding == "latin-1"


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("ascii", rb"Br\xfccke \u6771"), ("latin-1", b"Br\xfccke \\u6771"), ("utf-8", None)],
)
def test_a_character_that_the_terminal_lacks_is_escaped(
    encoding: str, written: bytes | None
) -> None:
    data = io.BytesIO()
    output = Output(io.TextIOWrapper(data, encoding=encoding))

    output.write("Brücke 東")
    output.flush()

    assert data.getvalue() == ("Brücke 東".encode() if written is None else written)
    assert output.error is None


@pytest.mark.parametrize("status", [0, 1, 2])
def test_the_status_of_a_program_whose_output_is_written_stays(status: int) -> None:
    assert finish("prog", Output(io.StringIO()), status) == status


@pytest.mark.parametrize(("status", "final"), [(0, 1), (1, 1), (2, 2)])
def test_lost_output_is_one_line_and_never_success(
    status: int, final: int, capsys: pytest.CaptureFixture[str]
) -> None:
    output = Output(FailingStream(full_disk()))
    output.write("text")

    assert finish("prog", output, status) == final
    assert capsys.readouterr().err == "prog: cannot write the output: No space left on device\n"


@pytest.mark.parametrize(("status", "final"), [(0, CLOSED_PIPE_STATUS), (1, 1), (2, 2)])
def test_a_reader_that_has_read_enough_is_no_message(
    status: int, final: int, capsys: pytest.CaptureFixture[str]
) -> None:
    output = Output(FailingStream(BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))))
    output.write("text")

    assert finish("prog", output, status) == final
    assert not capsys.readouterr().err


def test_an_error_of_the_last_flush_is_lost_output(capsys: pytest.CaptureFixture[str]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        output = Output(stream)
        output.write("text")  # it stays in the buffer
        assert output.error is None

        assert finish("prog", output, 0) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert sys.stderr.writable()
