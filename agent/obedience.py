"""Which messages an agent obeys: those of the cloud that it knows, and not of an older copy.

A database that is not this cloud's, or that was restored from a backup, does not know the guests
that are served here. To obey it would cut them off. An agent that refuses an answer is *held*: it
keeps what the host has until an operator accepts the answer (``cloudnet-manage host accept``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from cloudnet.common.log_once import ConditionLog
from cloudnet.common.wire.objects import NetworkSnapshot, Origin, ReportReply, Snapshot, Undecoded

LOG = logging.getLogger(__name__)

HELD = "an answer of the controller is refused; this host keeps what it has"
FEW = 2  # networks that an answer may always remove


class Obedience:
    """What the agent has obeyed, and whether it is held."""

    def __init__(self, obeyed: Origin | None, removable_share: float) -> None:
        """:param removable_share: of the networks that serve guests; more needs an operator"""
        self.obeyed = obeyed
        self.held: str | None = None  # why; None: the agent obeys
        self._is_confirmed = False  # the controller has answered this process
        self._removable_share = removable_share
        self._conditions = ConditionLog(LOG)

    def may_cast(self, origin: Origin | None) -> bool:
        """Return whether a cast is obeyed; one that is not may be late, and is no reason to hold.

        Before the first answer none is, since the controller may refuse this agent; and after the
        start of a controller none before the next answer, since only a controller can compare the
        state of this host with a restored database.
        """
        if origin is None:
            return self.obeyed is None
        if self.held is not None or self.obeyed is None or not self._is_confirmed:
            return False
        is_same_branch = origin.branch == self.obeyed.branch
        return is_same_branch and explain_refusal(self.obeyed, origin) is None

    def may_patch(self, origin: Origin | None) -> bool:
        """Return whether a patch is obeyed.

        It may be older than the last message, since several controllers send: its base proves that
        it comes next. An older copy of the database does not contain the revisions that this host
        has got since.
        """
        obeyed = self.obeyed
        if origin is None or obeyed is None or self.held is not None or not self._is_confirmed:
            return False
        return (origin.cloud, origin.branch) == (obeyed.cloud, obeyed.branch)

    def judge(
        self, reply: ReportReply, reported: Origin | None, snapshots: Mapping[str, Snapshot]
    ) -> bool:
        """Return whether a reply is obeyed; if not, the agent is held.

        :param reported: what the report said that the agent has obeyed; a cast that arrived since
            may be newer than the reply
        :param snapshots: of the networks that are known here
        """
        self.held = self._explain(reply, reported, snapshots)
        if self.held is None:
            self._is_confirmed = True
            self._conditions.resolve(HELD)
        else:
            self._conditions.start(HELD, f"{HELD} ({self.held})")
        return self.held is None

    def obey(self, origin: Origin | None, *, accepted: bool = False) -> bool:
        """Keep the newest origin that was obeyed; return whether it has changed."""
        if origin is None or origin == self.obeyed:
            return False
        known = self.obeyed
        if not accepted and known is not None and origin.generation < known.generation:
            return False
        self.obeyed = origin
        return True

    def _explain(
        self, reply: ReportReply, reported: Origin | None, snapshots: Mapping[str, Snapshot]
    ) -> str | None:
        if reply.refused is not None:
            return reply.refused
        if reply.accepted:
            return None
        refusal = explain_refusal(reported, reply.origin)
        return refusal or reply.behind or self._explain_loss(reply.stale, snapshots)

    def _explain_loss(
        self, stale: Iterable[Snapshot | Undecoded], snapshots: Mapping[str, Snapshot]
    ) -> str | None:
        serving = {network for network, snapshot in snapshots.items() if serves_guests(snapshot)}
        lost = {
            snapshot.network
            for snapshot in stale
            if snapshot.network in serving and not serves_guests(snapshot)
        }
        if len(lost) <= max(FEW, self._removable_share * len(serving)):
            return None
        return (
            f"it would end the service of {len(lost)} of the {len(serving)} networks that serve "
            f"guests here; the limit is the larger of {FEW} and {self._removable_share:.0%}"
        )


def explain_refusal(obeyed: Origin | None, sent: Origin | None) -> str | None:
    """Return why a message of an origin is not obeyed, or None if it is."""
    if obeyed is None:
        return None
    if sent is None:
        return f"it names no cloud; this host has obeyed cloud {obeyed.cloud}"
    if sent.cloud != obeyed.cloud:
        return f"the database is of cloud {sent.cloud}; this host has obeyed cloud {obeyed.cloud}"
    is_lost = sent.generation == obeyed.generation and sent.branch != obeyed.branch
    if sent.generation < obeyed.generation or is_lost:
        return (
            "the database is an older copy: this host has obeyed generation "
            f"{obeyed.generation} of it, which was lost"
        )
    return None


def serves_guests(snapshot: Snapshot | Undecoded) -> bool:
    """Return whether a host is the gateway of guests in a snapshot."""
    return (
        isinstance(snapshot, NetworkSnapshot)
        and snapshot.host_address is not None
        and bool(snapshot.vifs)
    )
