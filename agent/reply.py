"""Decodes the controller's reply to a report.

A controller of a newer version may have one network that this agent cannot understand; the others
are served nevertheless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cloudnet.common.errors import BadRequest
from cloudnet.common.wire.codec import from_wire
from cloudnet.common.wire.objects import (
    NetworkGone,
    NetworkSnapshot,
    ReportReply,
    Snapshot,
    Undecoded,
)
from cloudnet.common.wire.validate import validate_reply


def decode_reply(encoded: object) -> ReportReply:
    """Return the reply; a snapshot that cannot be decoded is an :class:`Undecoded` in it.

    :raises BadRequest: anything else cannot be decoded, or is invalid
    """
    stale = encoded.get("stale") if isinstance(encoded, Mapping) else None
    if not isinstance(encoded, Mapping) or not isinstance(stale, list):
        return validate_reply(from_wire(ReportReply, encoded))
    reply = validate_reply(from_wire(ReportReply, {**encoded, "stale": []}))
    return replace(reply, stale=tuple(map(decode_snapshot, stale)))


def decode_snapshot(encoded: object) -> Snapshot | Undecoded:
    """Return the snapshot, or why it cannot be decoded."""
    fields: Mapping[str, object] = encoded if isinstance(encoded, Mapping) else {}
    try:
        if fields.get("type") == NetworkGone.__name__:
            return from_wire(NetworkGone, encoded)
        return from_wire(NetworkSnapshot, encoded)
    except BadRequest as error:
        network = fields.get("network")
        return Undecoded(network if isinstance(network, str) else "", str(error))
