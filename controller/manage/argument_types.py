"""What operators may write on the command line, and what is said when it cannot be meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from typing import TypeVar

from cloudnet.common.errors import BadRequest
from cloudnet.controller.model import validation

T = TypeVar("T")


def with_dashes(argv: Sequence[str]) -> list[str]:
    """Return the words with ``--fixed_range_v4=…`` as ``--fixed-range-v4=…``.

    nova-manage had underscores, and scripts that call it have them still.
    """
    words: list[str] = []
    for n, word in enumerate(argv):
        if word == "--":
            return words + list(argv[n:])
        option, equals, value = word.partition("=")
        if re.fullmatch(r"--\w[\w-]*", option):
            word = option.replace("_", "-") + equals + value  # noqa: PLW2901 - the word, respelled
        words.append(word)
    return words


def _read(check: Callable[..., T], *more: object) -> Callable[[str], T]:
    """Return a check as argparse wants it: what it refuses is wrong usage."""

    def read(word: str) -> T:
        try:
            return check(word, *more)
        except BadRequest as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


text = _read(validation.parse_text)
uuid = _read(validation.parse_uuid)
address = _read(validation.parse_address)
network = _read(validation.parse_cidr)
truth = _read(validation.parse_boolean)


def number(lowest: int, highest: int) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds."""
    return _read(validation.parse_integer, lowest, highest)


def limit(word: str) -> int:
    """Return how much of something a project may have; -1 for any number."""
    return -1 if word == "unlimited" else number(*validation.QUOTA)(word)


def requested(word: str) -> tuple[str, IPv4Address | None]:
    """Return the network and the address that ``NETWORK[=ADDRESS]`` names; None: any."""
    name, equals, wanted = word.partition("=")
    return text(name), address(wanted) if equals else None
