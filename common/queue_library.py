"""The only import of oslo.messaging, and what its calls fail with.

It imports eventlet, which never runs here, and eventlet prints a warning in every command.
"""

from __future__ import annotations

import warnings

from kombu.exceptions import KombuError
from kombu.transport.pyamqp import Transport

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oslo_messaging as messaging  # noqa: TID251 - the only import of it
    from oslo_messaging import opts as messaging_opts  # noqa: TID251 - as above
    from oslo_messaging._drivers.amqpdriver import RpcAMQPListener  # noqa: TID251 - as above

CONNECTION_ERRORS: tuple[type[Exception], ...] = (
    *Transport.connection_errors,
    *Transport.channel_errors,
    KombuError,
    OSError,
)
"""The library passes these as they are when it cannot open a new connection: no broker listens, or
it refuses the user."""

BROKER_ERRORS: tuple[type[Exception], ...] = (messaging.MessagingException, *CONNECTION_ERRORS)
"""What a call or a cast fails with when the broker does not take it."""

__all__ = [
    "BROKER_ERRORS",
    "CONNECTION_ERRORS",
    "RpcAMQPListener",
    "messaging",
    "messaging_opts",
]
