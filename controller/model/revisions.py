"""Revisions: numbers that only grow, also when the database is new or restored from a backup."""

from __future__ import annotations

from datetime import datetime

from cloudnet.common.limits import REVISION

NOT_YET = REVISION.highest
"""Of a VIF that no revision includes yet: no host comes so far."""


def first_revision(now: datetime, at_least: int = 0) -> int:
    """Return the revision that a counter starts with.

    It is the time in milliseconds: above every revision that a host may still have of a network
    that went and came back, or from a database that is no longer there.
    """
    return max(at_least, int(now.timestamp() * 1000))
