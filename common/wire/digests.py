"""Digests: whether two sides have the same, without sending it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from cloudnet.common.wire.codec import to_wire
from cloudnet.common.wire.objects import Applied, Report

DIGEST_LENGTH = 32  # characters


def digest_report(report: Report) -> str:
    """Return the digest of a report that has the leases, without the digest in it."""
    return _digest(json.dumps(to_wire(replace(report, digest=None)), sort_keys=True))


def digest_applied(applied: Iterable[Applied]) -> str:
    """Return the digest of revisions, which must be in the order of their networks."""
    return _digest("\n".join(f"{each.network} {each.revision}" for each in applied))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]
