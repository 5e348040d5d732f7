"""What all groups of calls have in common."""

from __future__ import annotations

from typing import Any

from cloudnet.common.client.connection import Connection, Context


class Calls:
    """A group of calls; :class:`NetworkAPI` has all groups.

    Each method has the name of its RPC method, and takes addresses and ranges as values of
    ``ipaddress`` or as text, and uuids as text. Besides the errors that it names, every method can
    raise:

    - ``BadRequest`` (often ``InvalidInput``): an argument has the wrong form
    - ``Forbidden``: the object belongs to another project than the context's
    - ``NoReply``: no controller has replied in time; the call may have been done
    - ``BrokerUnavailable``, ``DatabaseRestored``, ``DeadlinePassed``: nothing was changed; try
      again later
    - ``DatabaseUnavailable``: the same, unless the message says that a commit was interrupted: what
      was asked for may be done or not
    - ``DnsServerRefused`` (calls for DNS): the DNS server of ``rfc2136`` does not take a change
    - ``ServiceFailed``: a bug; the controller's log has it

    "Repeatable" says that a caller can repeat the call, for example after ``NoReply``, and has the
    same in the end as with one call.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _call(self, context: Context, method: str, **arguments: object) -> Any:  # JSON
        return self._connection.call(context, method, arguments)
