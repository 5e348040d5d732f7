"""Log a condition once when it starts, and once when it is resolved.

A condition is something that lasts and that an operator may have to act on: an unreachable broker,
a full disk, a blocked step. It is checked again and again, and one line for each check would hide
every other line.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping


class ConditionLog:
    """The active conditions of one component.

    A condition has a name, which is the first part of both lines, and a complete line for its
    start: ``start("table nat", "table nat: the xtables lock is held by pid 7; retrying")`` is
    followed by ``table nat: resolved``.
    """

    def __init__(self, logger: logging.Logger, level: int = logging.WARNING) -> None:
        """:param level: of the line that a condition starts with; it is resolved at INFO"""
        self._logger = logger
        self._level = level
        self._active: dict[str, str] = {}  # condition -> the line that it was logged with
        self._lock = threading.Lock()

    def is_active(self, condition: str) -> bool:
        """Return whether the condition was started and not yet resolved."""
        with self._lock:
            return condition in self._active

    def start(
        self,
        condition: str,
        line: str | None = None,
        *,
        log_changes: bool = True,
        exc_info: bool | Exception | None = None,
    ) -> bool:
        """Log ``line`` unless it is the last one of this condition; return whether it is new.

        :param line: default: the condition
        :param log_changes: log a different line of an active condition at the same level again;
            else at DEBUG
        :param exc_info: add the stack of this exception, or (True) of the one that is being handled
        """
        text = condition if line is None else line
        with self._lock:
            last = self._active.get(condition)
            self._active[condition] = text
        if last == text:
            return False
        level = self._level if last is None or log_changes else logging.DEBUG
        self._logger.log(level, "%s", text, exc_info=exc_info)
        return True

    def resolve(self, condition: str) -> bool:
        """Log that an active condition is resolved; return False if it is not active."""
        with self._lock:
            active = self._active.pop(condition, None) is not None
        if active:
            self._logger.info("%s: resolved", condition)
        return active

    def update(self, active: Mapping[str, str] | Iterable[str]) -> None:
        """Start the conditions in ``active`` (condition → line) and resolve all others."""
        lines = active if isinstance(active, Mapping) else dict.fromkeys(active)
        for condition in sorted(lines):
            self.start(condition, lines[condition])
        with self._lock:
            over = self._active.keys() - lines.keys()
        for condition in sorted(over):
            self.resolve(condition)
