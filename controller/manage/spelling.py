"""What operators may write on the command line, and what is said when it cannot be meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from uuid import UUID

_TRUE = {"t", "true", "y", "yes", "1", "on"}
_FALSE = {"f", "false", "n", "no", "0", "off"}


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


def address(text: str) -> IPv4Address:
    """Return the IPv4 address."""
    try:
        return IPv4Address(text)
    except AddressValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not an IPv4 address") from error


def network(text: str) -> IPv4Network:
    """Return the network in CIDR notation; a single address is a network of one."""
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a network in CIDR notation, such as 10.0.0.0/24 ({error})"
        ) from error


def uuid(text: str) -> str:
    """Return the UUID as it is written everywhere."""
    try:
        return str(UUID(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a UUID") from error


def truth(text: str) -> bool:
    """Return True for T, true, yes, 1 and the like."""
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise argparse.ArgumentTypeError(f"{text!r} is neither T nor F")


def number(least: int, most: int | None = None) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from error
        if value < least or (most is not None and value > most):
            bounds = f"from {least} to {most}" if most is not None else f"of {least} or more"
            raise argparse.ArgumentTypeError(f"{value}: a number {bounds} is needed")
        return value

    return read
