"""Text from outside in a form that a log and a terminal can show. Standard library only.

A report, a host name, a row of the database or the output of another program may contain line
breaks, which would look like further log lines, and escape sequences, which a terminal obeys.
"""

from __future__ import annotations

import unicodedata
from typing import TextIO

_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def escape_controls(text: str, keep: str = "") -> str:
    r"""Return the text with its control characters as ``\\n``, ``\\x1b``, ``\\u202e``.

    Control characters are those of Unicode's categories Cc, Cf (which change the direction of
    text, or are invisible), Zl and Zp (line and paragraph separators) and Cs (lone surrogates).

    :param keep: control characters that stay
    """
    if text.isascii() and text.isprintable():  # most text
        return text
    return "".join(
        _escape(each) if each not in keep and _is_control(each) else each for each in text
    )


def write_line(stream: TextIO, line: str) -> None:
    """Write one line, with its control characters escaped."""
    stream.write(f"{escape_controls(line)}\n")


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Cs"}


def _escape(character: str) -> str:
    number = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
