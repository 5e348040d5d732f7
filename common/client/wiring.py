"""Wait until the hosts have what an instance needs."""

from __future__ import annotations

import time

from cloudnet.common.client.calls import Calls
from cloudnet.common.client.connection import Context, NoReply
from cloudnet.common.client.network_info import NetworkInfo
from cloudnet.common.errors import (
    BrokerUnavailable,
    CloudnetError,
    DatabaseUnavailable,
    DeadlinePassed,
    NotWired,
)

REPLY_SECONDS = 5.0
"""How long one question waits for its reply: a controller that is restarted replies to none."""

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
_PASSING = (NoReply, BrokerUnavailable, DatabaseUnavailable, DeadlinePassed)


class WiringCalls(Calls):
    """What a compute service calls before it starts a guest."""

    def wait_until_wired(
        self, context: Context, instance_id: str, timeout: float = 60.0
    ) -> NetworkInfo:
        """Wait until all hosts of the instance's networks have reported them as applied.

        Then each bridge exists on the instance's host, and its DHCP server serves the guest. A
        controller, broker or database that does not reply for a while is asked again. Repeatable.

        :param timeout: seconds; to read the reasons of the hosts takes up to 5 s more
        :raises NotWired: they have not reported in time; the message names the networks, the
            hosts, and their reasons. What was allocated stays: wait again, or deallocate
        :raises InstanceNotFound: there is no such instance, for example because it was deleted
            meanwhile
        """
        deadline = time.monotonic() + timeout
        pause = _SHORTEST_PAUSE
        missing, failure = "", ""
        while True:
            remaining = max(deadline - time.monotonic(), _SHORTEST_PAUSE)
            try:
                info = self._read(context, instance_id, min(remaining, REPLY_SECONDS))
            except _PASSING as error:
                failure = str(error)
            else:
                missing = _list_missing(info)
                if not missing:
                    return info
            if time.monotonic() + pause > deadline:
                what = f": network {missing}" if missing else ""
                reason = self._explain(context, instance_id) if missing else failure
                raise NotWired(
                    f"instance {instance_id}{what} is not wired after {timeout:g} s: {reason}"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def explain_unwired(self, context: Context, instance_id: str) -> list[str]:
        """Return why the instance may not be wired: what its hosts report, a line for each reason.

        An empty list: nothing is known to be wrong. Only cloudnet has this method.
        """
        reasons: list[str] = self._call(context, "explain_unwired", instance_id=instance_id)
        return reasons

    def _read(self, context: Context, instance_id: str, seconds: float) -> NetworkInfo:
        info: NetworkInfo = self._connection.call(
            context, "get_instance_nw_info", {"instance_id": instance_id}, seconds=seconds
        )
        return info

    def _explain(self, context: Context, instance_id: str) -> str:
        """Return the reasons that the controller has; an older controller has none."""
        try:
            reasons: list[str] = self._connection.call(
                context, "explain_unwired", {"instance_id": instance_id}, seconds=REPLY_SECONDS
            )
        except CloudnetError:
            reasons = []
        return "; ".join(reasons) or "see `cloudnet-manage host list` and its agent's log"


def _list_missing(info: NetworkInfo) -> str:
    return ", ".join(vif["network"]["label"] for vif in info if not vif["active"])
