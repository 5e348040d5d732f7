"""The queue: transports, clients, servers, and a broker that may be away."""

from __future__ import annotations

import inspect
import logging
import re
import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from oslo_config import cfg

from cloudnet.common import broker, errors
from cloudnet.common.topics import (
    AGENT_TOPIC,
    AGENT_VERSION,
    CONTROLLER_TOPIC,
    CONTROLLER_VERSION,
    NETWORK_TOPIC,
    NETWORK_VERSION,
)

with warnings.catch_warnings():
    # It imports eventlet, which we never run, and eventlet warns every operator of every command.
    warnings.simplefilter("ignore")
    import oslo_messaging as messaging  # noqa: TID251 - the one door

LOG = logging.getLogger(__name__)

VERSION = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")  # of a call


__all__ = [
    "AGENT_TOPIC",
    "AGENT_VERSION",
    "CONTROLLER_TOPIC",
    "CONTROLLER_VERSION",
    "NETWORK_TOPIC",
    "NETWORK_VERSION",
    "bare_conf",
    "client",
    "local_error",
    "messaging",
    "server",
    "transport",
    "wait_for_broker",
    "why_no_broker",
]


def bare_conf() -> cfg.ConfigOpts:
    """Return a configuration with nothing in it but oslo.messaging's own defaults.

    oslo.messaging registers some of its options on the global ``cfg.CONF`` only and looks them up
    in the one it was given, so it must be given that one.
    """
    if cfg.CONF._args is None:  # noqa: SLF001 - the only way to ask whether it was called
        cfg.CONF([], project="cloudnet", default_config_files=[], default_config_dirs=[])
    return cfg.CONF


def transport(conf: cfg.ConfigOpts, url: str, control_exchange: str) -> messaging.Transport:
    """Return a transport to the broker at ``url``; no connection is made yet."""
    if "control_exchange" in conf:
        conf.set_default("control_exchange", control_exchange)
    else:
        # This changes oslo.messaging's own definition, which a conf that has a copy of it refuses.
        messaging.set_transport_defaults(control_exchange)
    # Errors are not rebuilt by the library, which would put the server's stack into their message:
    # see local_error().
    return messaging.get_rpc_transport(conf, url=url)


def client(
    transport: messaging.Transport, topic: str, timeout_seconds: int | None = None
) -> messaging.RPCClient:
    """Return a client that calls and casts to ``topic``."""
    return messaging.get_rpc_client(
        transport, messaging.Target(topic=topic, version="1.0"), timeout=timeout_seconds
    )


def server(
    transport: messaging.Transport,
    topic: str,
    host: str,
    endpoints: Sequence[object],
) -> messaging.RPCServer:
    """Return a server on ``topic`` and ``topic.host``; methods named ``_…`` cannot be called."""
    dispatcher = _Dispatcher(endpoints, None, messaging.DefaultRPCAccessPolicy)
    target = messaging.Target(topic=topic, server=host)
    return messaging.rpc.server.RPCServer(transport, target, dispatcher, executor="threading")


class _Dispatcher(messaging.RPCDispatcher):  # type: ignore[misc]  # the library has no types
    """Refuses in one line what no method of ours is for; the library logs its own stack for it."""

    def dispatch(self, incoming: Any) -> Any:  # Any: the library's message; JSON out
        message = incoming.message
        try:
            if not isinstance(message.get("method"), str):
                raise errors.InvalidInput(
                    f"method: a name is needed, not {message.get('method')!r}"
                )
            if not VERSION.fullmatch(str(message.get("version", "1.0"))):
                raise errors.InvalidInput(f"version: 1.0 or such, not {message['version']!r}")
            return super().dispatch(incoming)
        except (messaging.NoSuchMethod, messaging.UnsupportedVersion, errors.BadRequest) as error:
            LOG.warning("refused a call of %.80s: %.300s", message.get("method"), error)
            raise messaging.ExpectedException from error

    def _do_dispatch(self, endpoint: Any, method: str, ctxt: Any, args: Any) -> Any:
        if not isinstance(args, Mapping):
            raise errors.InvalidInput(f"{method}: arguments by name are needed, not {args!r}")
        try:
            inspect.signature(getattr(endpoint, method)).bind(ctxt, **args)
        except TypeError as error:
            raise errors.InvalidInput(f"{method}: {error}") from error
        return super()._do_dispatch(endpoint, method, ctxt, args)


def wait_for_broker(url: str, stop: threading.Event) -> bool:
    """Return True when a broker at the transport URL has answered, False when ``stop`` is set.

    Says once that it waits and why, and once that the waiting is over.
    """
    parsed = messaging.TransportURL.parse(cfg.CONF, url)
    if not parsed.transport.startswith("rabbit"):
        return True  # nothing to connect to: an in-memory transport
    return broker.wait(broker.doors(parsed), stop)


def why_no_broker(url: str) -> str | None:
    """Return where no broker answers now and why, None if one does."""
    parsed = messaging.TransportURL.parse(cfg.CONF, url)
    if not parsed.transport.startswith("rabbit"):
        return None
    doors = broker.doors(parsed)
    try:
        broker.knock(doors)
    except broker.AwayError as error:
        return f"{', '.join(door.name for door in doors)}: {error}"
    return None


def local_error(error: Any) -> errors.CloudnetError:
    """Return our own error for one that came back over the queue under its name."""
    kind = getattr(errors, str(error.exc_type), None)
    if isinstance(kind, type) and issubclass(kind, errors.CloudnetError):
        return kind(error.value)
    return errors.ServiceFailed(
        f"the network service failed ({error.exc_type}: {error.value}); see the controller's log"
    )
