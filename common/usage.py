"""Wrong usage in one line, and the version. Standard library only."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NoReturn

_MISSING = "the following arguments are required"  # the beginning of argparse's message


class OneLineParser(argparse.ArgumentParser):
    """Prints one line about wrong usage, not the usage of all options before it."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:  # Any: as argparse
        """Parse all arguments; an unknown one is wrong usage and similar options are named."""
        return _parse_all(self, args, namespace)

    def error(self, message: str) -> NoReturn:
        """Exit with status 2."""
        exit_with_usage_error(self, message)


def exit_with_usage_error(parser: argparse.ArgumentParser, message: str) -> NoReturn:
    """Print one line about wrong usage and exit with status 2."""
    line = " ".join(message.split())
    parser.exit(2, f"{parser.prog}: {line}; see `{parser.prog} --help`\n")


def make_one_line(parser: argparse.ArgumentParser) -> None:
    """Make a parser of another class print one line about wrong usage."""
    parser.parse_args = partial(_parse_all, parser)  # type: ignore[method-assign]
    parser.error = partial(exit_with_usage_error, parser)  # type: ignore[method-assign]


def _parse_all(
    parser: argparse.ArgumentParser, args: Any = None, namespace: Any = None
) -> Any:  # Any: as argparse
    words = sys.argv[1:] if args is None else args
    parser.error = partial(_refuse, parser, words)  # type: ignore[method-assign]
    parsed, unknown = parser.parse_known_args(args, namespace)
    if unknown:
        exit_with_usage_error(parser, describe_unknown(parser, unknown))
    return parsed


def _refuse(parser: argparse.ArgumentParser, words: Sequence[str], message: str) -> NoReturn:
    """Exit with wrong usage; a mistyped option is named rather than one that is then missing."""
    mistyped = _list_unknown_options(parser, words) if message.startswith(_MISSING) else []
    exit_with_usage_error(parser, describe_unknown(parser, mistyped) if mistyped else message)


def _list_unknown_options(parser: argparse.ArgumentParser, words: Sequence[str]) -> list[str]:
    """Return the words that begin like long options and are the beginning of none."""
    known = tuple(parser._option_string_actions)  # noqa: SLF001 - as below
    unknown = []
    for word in words:
        if word == "--":
            break
        option = word.partition("=")[0]
        if option.startswith("--") and not any(each.startswith(option) for each in known):
            unknown.append(word)
    return unknown


def describe_unknown(parser: argparse.ArgumentParser, unknown: Sequence[str]) -> str:
    """Return the message about unknown arguments, with the options that were probably meant."""
    known = list(parser._option_string_actions)  # noqa: SLF001 - argparse has no public way to ask
    near: list[str] = []
    for word in unknown:
        option = word.partition("=")[0]
        if option.startswith("--"):
            near += find_near(option, known)
    hint = f"; did you mean {join_or(near)}?" if near else ""
    return f"unrecognized arguments: {' '.join(unknown)}{hint}"


def find_near(word: str, known: Sequence[str]) -> list[str]:
    """Return all known words that are similar to this one, the most similar first."""
    return difflib.get_close_matches(word, known, n=len(known) or 1, cutoff=0.7)


def join_or(words: Sequence[str]) -> str:
    """Return ``a, b or c``."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def get_version() -> str:
    """Return the installed version of cloudnet."""
    try:
        return version("cloudnet")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "unknown"
