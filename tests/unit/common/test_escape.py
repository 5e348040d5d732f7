"""Text from outside, in logs and on terminals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.common.escape import escape_controls


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("br100 is down", "br100 is down"),
        ("Brücke 東京", "Brücke 東京"),
        ("one\ntwo\r\tthree", r"one\ntwo\r\tthree"),
        ("\x1b[2J\x07\x00\x7f", r"\x1b[2J\x07\x00\x7f"),
        ("\x9b31m", r"\x9b31m"),  # the one-character form of ESC [
        ("left \u202eright\u2066", r"left \u202eright\u2066"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("\udcff\U000e0001", r"\udcff\U000e0001"),
    ],
)
def test_control_characters_are_shown_and_all_others_stay(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


def test_characters_to_keep_stay() -> None:
    assert escape_controls("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@given(st.text())
def test_the_result_is_one_printable_line(text: str) -> None:
    shown = escape_controls(text)

    assert len(shown.splitlines()) <= 1
    assert not any(ord(each) < 0x20 or 0x7F <= ord(each) <= 0x9F for each in shown)
