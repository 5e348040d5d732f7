"""Fields of a record in the native protocol of systemd's journal."""

from __future__ import annotations

import logging
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.common.journal import MAX_BYTES, encode_field, get_priority


@pytest.mark.parametrize(
    ("level", "priority"),
    [
        (logging.CRITICAL, 2),
        (logging.ERROR, 3),
        (logging.WARNING, 4),
        (logging.INFO, 6),
        (logging.DEBUG, 7),
        (logging.CRITICAL + 5, 2),
        (logging.WARNING + 1, 4),  # a level between two has the lower one's priority
        (1, 7),
    ],
)
def test_a_level_has_the_priority_of_syslog(level: int, priority: int) -> None:
    assert get_priority(level) == priority


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ("text", b"NAME=text\n"),
        ("", b"NAME=\n"),
        ("a=b", b"NAME=a=b\n"),
        ("Brücke", "NAME=Brücke\n".encode()),
        ("\udcff", b"NAME=?\n"),
        ("a\nb", b"NAME\n\x03\0\0\0\0\0\0\0a\nb\n"),
    ],
)
def test_a_field_of_several_lines_has_its_length_before_it(value: str, data: bytes) -> None:
    assert encode_field("NAME", value) == data


@pytest.mark.parametrize("line", ["x", "\n"])
def test_a_long_value_is_cut_to_what_a_datagram_takes(line: str) -> None:
    data = encode_field("NAME", line * (MAX_BYTES + 10))

    assert MAX_BYTES < len(data) <= MAX_BYTES + len("NAME\n\n") + 8


@given(st.text())
def test_any_value_can_be_read_back_from_its_field(value: str) -> None:
    data = encode_field("NAME", value)
    name, rest = data[:4], data[4:]

    assert name == b"NAME"
    assert rest.endswith(b"\n")
    text = value.encode(errors="replace")
    if rest.startswith(b"="):
        assert rest[1:-1] == text
        assert b"\n" not in text
    else:
        assert struct.unpack_from("<Q", rest, 1) == (len(text),)
        assert rest[9:-1] == text
