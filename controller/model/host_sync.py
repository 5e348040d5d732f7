"""What a host's report of a network means, and what the controller does about it: pure.

A report names, for each network that the host has, the last revision that the host has applied
completely. Casts may be lost, repeated or late; the replies to reports alone must bring each host
to its desired state. So each rule holds for any report at any time: a first one, a late one, and
one that arrives twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from cloudnet.common.wire.objects import OUT_OF_SYNC
from cloudnet.controller.model.records import HostNetwork


class Comparison(Enum):
    """How a reported revision relates to a row of ``host_networks``."""

    IN_SYNC = auto()  # the host has the row's revision, and that is recorded
    APPLIED = auto()  # the host has the row's revision: new to the controller
    PROGRESSED = auto()  # the host has an older revision, but a newer one than is recorded
    STALE = auto()  # the host has an older revision, or is out of sync
    MISSING = auto()  # the host does not have the network
    AHEAD = auto()  # the host has a revision that the database never had: it is from a backup


class RowChange(Enum):
    """What becomes of the row of ``host_networks``."""

    NONE = auto()
    RECORD_APPLIED = auto()  # the row's own revision, unless the row has changed meanwhile
    RECORD_PROGRESS = auto()  # the reported revision
    DELETE = auto()  # unless the row has changed meanwhile


@dataclass(frozen=True)
class Decision:
    """What the controller does about one network of a report."""

    row_change: RowChange = RowChange.NONE
    send: bool = False  # the snapshot is part of the reply
    # The host has removed the network and no longer needs its own address in it. Only if the row
    # change was made: a guest that came back meanwhile has changed the row, and needs the address.
    release_gateway: bool = False


def compare(row: HostNetwork, reported: int | None) -> Comparison:
    """Compare a row with what the host reports.

    :param reported: ``OUT_OF_SYNC`` if the host has the network but no complete revision of it;
        None: it does not have the network
    """
    if reported is None:
        return Comparison.MISSING
    if reported > row.revision:
        return Comparison.AHEAD
    if reported == row.revision:
        is_recorded = row.applied_revision == row.revision
        return Comparison.IN_SYNC if is_recorded else Comparison.APPLIED
    if reported > (row.applied_revision or OUT_OF_SYNC):
        return Comparison.PROGRESSED
    return Comparison.STALE


def decide(comparison: Comparison, *, is_wanted: bool) -> Decision:
    """Return what to do.

    A network that the host shall remove keeps its row until the host no longer reports it: the host
    forgets the network when a reply accepts its removal, and that reply may be lost.

    :param is_wanted: the desired state of the host includes the network
    """
    return _DECISIONS[comparison](is_wanted)


_DECISIONS: dict[Comparison, Callable[[bool], Decision]] = {
    Comparison.IN_SYNC: lambda _: Decision(),
    Comparison.APPLIED: lambda is_wanted: Decision(
        RowChange.RECORD_APPLIED, release_gateway=not is_wanted
    ),
    # A guest of that older revision is active, whatever has changed since.
    Comparison.PROGRESSED: lambda _: Decision(RowChange.RECORD_PROGRESS, send=True),
    Comparison.STALE: lambda _: Decision(send=True),
    Comparison.MISSING: lambda is_wanted: (
        Decision(send=True) if is_wanted else Decision(RowChange.DELETE, release_gateway=True)
    ),
    Comparison.AHEAD: lambda _: Decision(send=True),
}
