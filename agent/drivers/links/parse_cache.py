"""Parses each message of a dump once, and again only when the kernel's answer about it changes.

On a host with 2,000 guests nearly all links are as they were in the last dump, and parsing them
takes ten times as long as comparing them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Generic, TypeVar

Parsed = TypeVar("Parsed")

DIGEST_BYTES = 16  # in place of the messages, which are 700 bytes for each link


class ParseCache(Generic[Parsed]):
    """The results of the last dump, by the digests of its messages."""

    def __init__(self, parse: Callable[[bytes], Parsed | None]) -> None:
        """:param parse: returns None for a message that is left out"""
        self._parse = parse
        self._results: dict[bytes, Parsed | None] = {}

    def parse(self, messages: Iterable[bytes]) -> tuple[Parsed, ...]:
        """Return the results for the messages of a new dump, in their order."""
        results: dict[bytes, Parsed | None] = {}
        for message in messages:
            digest = blake2b(message, digest_size=DIGEST_BYTES).digest()
            known = self._results.get(digest)
            results[digest] = self._parse(message) if known is None else known
        self._results = results
        return tuple(result for result in results.values() if result is not None)
