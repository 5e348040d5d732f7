"""Leaves out what cannot be parsed in the kernel's answers, so that all else counts."""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from cloudnet.common.log_once import ConditionLog

LOG = logging.getLogger(__name__)

UNPARSABLE = struct.error, LookupError, ValueError
MARK_BYTES = 8  # of a message: its family and, of a link or an address, the index of the link

Parsed = TypeVar("Parsed")


class Skipper:
    """Wraps parsers of one message; each message that is left out is logged once."""

    def __init__(self) -> None:
        self._conditions = ConditionLog(LOG)

    def wrap(
        self, what: str, parse: Callable[[bytes], Parsed | None]
    ) -> Callable[[bytes], Parsed | None]:
        """Return the parser with None for a message that it cannot parse.

        :param what: the message describes
        """

        def parse_or_skip(message: bytes) -> Parsed | None:
            try:
                return parse(message)
            except UNPARSABLE as error:
                condition = f"{what} {message[:MARK_BYTES].hex()}"
                line = f"{condition}: left out, since the kernel's answer cannot be parsed"
                self._conditions.start(condition, f"{line} ({type(error).__name__}: {error})")
                return None

        return parse_or_skip

    def parse(
        self, what: str, parse: Callable[[bytes], Parsed | None], messages: Iterable[bytes]
    ) -> Iterator[Parsed]:
        """Yield what the messages describe, as far as they can be parsed."""
        return (each for each in map(self.wrap(what, parse), messages) if each is not None)
