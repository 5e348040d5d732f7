"""The connection of a compute service to the broker: one time limit covers a whole call.

It can be used by many threads at once. A process that forks gets a connection of its own with its
first call: two processes that read from one socket would take each other's replies. The queue's
libraries have locks for the whole process, so a process must not fork while a thread is in a call:
the child would wait for a lock that nobody releases.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from oslo_config import cfg

from cloudnet.common import rpc
from cloudnet.common.client.encoding import encode
from cloudnet.common.deadline import run_with_deadline
from cloudnet.common.errors import BadRequest, BrokerUnavailable, CloudnetError
from cloudnet.common.rpc import messaging
from cloudnet.common.settings.describe import hide_login
from cloudnet.common.settings.options.broker import BROKER_URL

Context = Mapping[str, Any]
"""The request context, as nova serialises it (Any: JSON). These keys are used:

- ``project_id``: whose objects the call may see and change
- ``is_admin``: true: those of every project. Default: true if there is no ``project_id``
- ``request_id`` and ``user_id``: appear in the controller's log and in ``operation_log``
"""


class NoReply(  # noqa: N818 - its family's names end like this
    CloudnetError,
    messaging.MessagingTimeout,  # type: ignore[misc]  # the library has no types
):
    """No controller has replied in time. The call may have been done."""


class Connection:
    """Sends calls and waits for their replies."""

    def __init__(
        self, transport_url: str, exchange: str, timeout_seconds: float, conf: cfg.ConfigOpts
    ) -> None:
        self._url = _parse_url(transport_url)
        self._exchange = exchange
        self._timeout_seconds = timeout_seconds
        self._conf = conf
        self._closed = False
        # By process id. A forked process also keeps the link of its parent, which must not end
        # here: its end would be sent to the broker through the socket that both have.
        self._links = {os.getpid(): self._open_link()}

    @property
    def exchange(self) -> str:
        """The broker's exchange."""
        return self._exchange

    def close(self) -> None:
        """Close this process's connection; no call is possible afterwards."""
        self._closed = True
        link = self._links.pop(os.getpid(), None)
        if link is not None:
            link.close()

    def call(
        self,
        context: Context,
        method: str,
        arguments: Mapping[str, object],
        *,
        seconds: float | None = None,  # None: the timeout of the connection
        namespace: str | None = None,
    ) -> Any:  # JSON
        """Call a method of the network service and return its result.

        :raises NoReply: no reply in time
        :raises BrokerUnavailable: the call was not sent
        :raises CloudnetError: the class that the service has raised
        """
        limit = self._timeout_seconds if seconds is None else min(seconds, self._timeout_seconds)
        deadline = time.monotonic() + limit
        link = self._get_link(method)
        # A controller rolls back a call that is not done within this time.
        sent = {**context, rpc.TIMEOUT_KEY: limit, rpc.OWN_ERRORS_KEY: True}
        encoded = {name: encode(value) for name, value in arguments.items()}
        try:
            return run_with_deadline(
                lambda: link.call(sent, method, encoded, deadline, namespace), limit
            )
        except (TimeoutError, messaging.MessagingTimeout) as error:
            raise NoReply(
                f"{method}: no reply in {limit:g} s; the call may have been done. Is a controller "
                "running?"
            ) from error
        except messaging.MessageDeliveryFailure as error:
            raise BrokerUnavailable(rpc.describe_failure(f"cannot send {method}", error)) from error
        except messaging.RemoteError as error:
            raise rpc.rebuild_error(error) from None  # the original contains the server's stack

    def _get_link(self, method: str) -> _Link:
        """Return this process's link; no lock, which another thread may hold at a fork."""
        if self._closed:
            raise BadRequest(f"{method}: this NetworkAPI is closed; create another one")
        link = self._links.get(os.getpid())
        return self._links.setdefault(os.getpid(), self._open_link()) if link is None else link

    def _open_link(self) -> _Link:
        return _Link(self._conf, self._url, self._exchange)


def _parse_url(transport_url: str) -> str:
    """Return the URL.

    :raises BadRequest: it is none of a broker
    """
    try:
        return BROKER_URL(transport_url)
    except ValueError as error:
        shown = hide_login(str(transport_url))
        raise BadRequest(f"transport URL {shown!r}: {error} is needed") from error


class _Link:
    """One process's connection; it connects with its first call."""

    def __init__(self, conf: cfg.ConfigOpts, url: str, exchange: str) -> None:
        self._conf = conf
        self._url = url
        self._transport = rpc.create_transport(conf, url)
        self._client = rpc.create_client(self._transport, rpc.NETWORK_TOPIC, None, exchange)
        self._broker_answered = False  # once True, the library reconnects by itself

    def close(self) -> None:
        self._transport.cleanup()

    def call(
        self,
        context: Context,
        method: str,
        arguments: Mapping[str, object],
        deadline: float,
        namespace: str | None,
    ) -> Any:
        if not self._broker_answered:
            rpc.check_broker(self._url, self._conf)
            self._broker_answered = True
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        # One retry repairs a connection that has ended; the library's default is to retry for ever.
        prepared = self._client.prepare(
            version=rpc.NETWORK_VERSION if namespace is None else "1.0",
            timeout=remaining,
            retry=1,
            **({} if namespace is None else {"namespace": namespace}),
        )
        return prepared.call(context, method, **arguments)
