"""Failed steps: each is logged once and tried again after a growing pause.

What cannot succeed before an operator changes the host (:class:`NeedsOperator`) is tried again
rarely from the start, because each attempt costs a read of the whole host.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from cloudnet.agent.node.resources.base import Resource
from cloudnet.common.log_once import ConditionLog
from cloudnet.common.retry import Backoff

LOG = logging.getLogger(__name__)

# No jitter: what failed in one pass is tried again in one pass, since each pass reads the host.
BACKOFF = Backoff(first_seconds=1.0, longest_seconds=60.0, jitter=0.0)
NEEDS_OPERATOR_SECONDS = 300.0


@dataclass(frozen=True)
class Failure:
    """A step that failed and was not done since."""

    message: str
    attempts: int
    retry_at: float  # on the loop's clock
    desired: Resource | None = None  # what was tried; None: a removal


class Retries:
    """The failures of one host, by the keys of the resources."""

    def __init__(self, clock: Callable[[], float], conditions: ConditionLog) -> None:
        self._clock = clock
        self._conditions = conditions
        self._now = clock()  # when the current pass began
        self._failures: dict[str, Failure] = {}
        self._blocked: set[str] = set()  # failed before, and not tried now

    @property
    def messages(self) -> dict[str, str]:
        """The current failures: key → what failed and why."""
        return {key: failure.message for key, failure in self._failures.items()}

    @property
    def next_at(self) -> float | None:
        """When the next attempt is due, on the loop's clock; None: nothing failed."""
        return min((failure.retry_at for failure in self._failures.values()), default=None)

    def begin_pass(self) -> None:
        """Take the time of a pass; all its failures are due at the same time again."""
        self._now = self._clock()

    def is_due(self, key: str, desired: Resource | None = None) -> bool:
        """Return whether to try the step now: it did not fail yet, or its pause is over.

        Only the desired resource that failed has a pause: a dnsmasq that cannot be restarted still
        serves, and needs its new guests.

        :param desired: None: a removal
        """
        failure = self._failures.get(key)
        if failure is None or self._now >= failure.retry_at:
            return True
        return None not in (desired, failure.desired) and desired != failure.desired

    def add(
        self,
        key: str,
        message: str,
        *,
        needs_operator: bool = False,
        former_kept: bool = False,
        desired: Resource | None = None,
        exc_info: Exception | None = None,
    ) -> None:
        """Record a failed attempt.

        :param message: the line about the failure, with the name of the resource
        :param former_kept: the next read shows what serves instead, and why; it is due at once
        :param desired: what was tried; None: a removal
        :param exc_info: log the stack of this exception
        """
        known = self._failures.get(key)
        attempts = known.attempts + 1 if known is not None else 1
        if former_kept and known is None:
            self._failures[key] = Failure(message, attempts, self._now, desired)
            LOG.debug("%s", message)
            return
        pause = NEEDS_OPERATOR_SECONDS if needs_operator else BACKOFF.pause_seconds(attempts)
        self._failures[key] = Failure(message, attempts, self._now + pause, desired)
        self._blocked.discard(key)
        self._conditions.start(key, f"{message}; retrying", exc_info=exc_info)

    def resolve(self, key: str) -> None:
        """Record that the step was done."""
        self._failures.pop(key, None)
        self._blocked.discard(key)
        self._conditions.resolve(key)

    def block(self, key: str) -> None:
        """Record that the step waits for another one: it is neither tried nor resolved."""
        if self._failures.pop(key, None) is not None:
            self._blocked.add(key)

    def keep_only(self, keys: set[str]) -> None:
        """Resolve the failures of all other steps: the host is as desired without them."""
        for key in (self._failures.keys() | self._blocked) - keys:
            self.resolve(key)

    def clear(self) -> None:
        """Forget all pauses, e.g. because nothing can be tried now."""
        self._blocked |= self._failures.keys()
        self._failures.clear()
