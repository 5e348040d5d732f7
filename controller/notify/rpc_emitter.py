"""Sending notifications with oslo.messaging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudnet.common.errors import BrokerUnavailable
from cloudnet.common.rpc import messaging
from cloudnet.controller.model.changes import Change


class _Context(dict[str, Any]):  # Any: JSON
    """A context without secrets; the library drops a context that cannot say so."""

    def redacted_copy(self) -> _Context:
        """Return what may be sent."""
        return self


class RpcEmitter:
    """Sends notifications at level INFO, as nova-network does."""

    def __init__(self, notifier: messaging.Notifier) -> None:
        self._notifier = notifier

    def emit(self, context: Mapping[str, Any], change: Change) -> None:  # Any: JSON
        """Send one notification.

        :raises BrokerUnavailable: the broker does not take it
        """
        try:
            self._notifier.info(_Context(context), change.event_type, change.payload)
        except messaging.MessagingException as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise BrokerUnavailable(reason) from error
