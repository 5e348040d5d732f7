"""RPC over the message broker: transports, clients and servers.

This module is the adapter for oslo.messaging. Its dispatcher overrides a private method of the
library's, because there is no other place to refuse wrong arguments in one line; setup.cfg bounds
the library's version for that.
"""

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
from cloudnet.common.deadline import time_limit
from cloudnet.common.topics import (
    AGENT_TOPIC,
    AGENT_VERSION,
    CONTROLLER_TOPIC,
    CONTROLLER_VERSION,
    NETWORK_TOPIC,
    NETWORK_VERSION,
)

with warnings.catch_warnings():
    # It imports eventlet, which never runs here, and eventlet prints a warning in every command.
    warnings.simplefilter("ignore")
    import oslo_messaging as messaging  # noqa: TID251 - the only import of it
    from oslo_messaging import opts as messaging_opts  # noqa: TID251 - as above

LOG = logging.getLogger(__name__)

# The part of a caller's timeout within which a call must be committed; the rest is for the queue.
WORKING_SHARE = 0.8

TIMEOUT_KEY = "timeout_seconds"
"""In a call's context: how long its caller waits, if that is not ``rpc_response_timeout``."""

LIBRARY_DEFAULTS: Mapping[str, object] = {
    # A worker that holds a reply for a caller that has gone does nothing else meanwhile. The
    # library's 60 s let as many calls as there are workers stop a controller for a minute.
    "kombu_missing_consumer_retry_timeout": 2,
    # Seconds between two attempts to connect again: a host is in sync soon after an outage.
    "rabbit_interval_max": 2,
}
"""Defaults of [oslo_messaging_rabbit] that differ from the library's."""

_CALL_VERSION = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")


__all__ = [
    "AGENT_TOPIC",
    "AGENT_VERSION",
    "CONTROLLER_TOPIC",
    "CONTROLLER_VERSION",
    "NETWORK_TOPIC",
    "NETWORK_VERSION",
    "check_broker",
    "create_client",
    "create_server",
    "create_transport",
    "describe_failure",
    "get_default_conf",
    "messaging",
    "rebuild_error",
    "start_server",
    "wait_for_broker",
]


class _OwnConf(cfg.ConfigOpts):
    """A configuration apart from the global ``cfg.CONF``, which belongs to the calling program.

    A few groups (tracing, metrics) are registered on the global one only, but read from the one
    that the library is given. They concern a whole process, so they are read from the global one.
    """

    def __getattr__(self, name: str) -> Any:  # Any: an option's value, or a group
        try:
            return super().__getattr__(name)
        except cfg.NoSuchOptError:
            if name.startswith("oslo_messaging_") and name in cfg.CONF:
                return getattr(cfg.CONF, name)
            raise


def get_default_conf() -> cfg.ConfigOpts:
    """Return a new configuration with the library's defaults, for a program that has none.

    It can be used in any thread, and the global ``cfg.CONF`` is not changed.
    """
    conf = _OwnConf()
    for group, options in messaging_opts.list_opts():
        conf.register_opts(options, group=group)
    conf([], project="cloudnet", default_config_files=[], default_config_dirs=[], use_env=False)
    return conf


def create_transport(
    conf: cfg.ConfigOpts, url: str, control_exchange: str | None = None
) -> messaging.Transport:
    """Return a transport to the broker at ``url``; it does not connect yet.

    :param control_exchange: becomes the default of ``conf``; None: ``conf`` is the caller's, and is
        not changed
    """
    if control_exchange is not None:
        conf.set_default("control_exchange", control_exchange)
        for group, options in messaging_opts.list_opts():
            if group == "oslo_messaging_rabbit":
                conf.register_opts(options, group=group)
        for name, default in LIBRARY_DEFAULTS.items():
            conf.set_default(name, default, group="oslo_messaging_rabbit")
    # allowed_remote_exmods is left empty: the library would put the server's stack into the message
    # of an error that it rebuilds. rebuild_error() does not.
    return messaging.get_rpc_transport(conf, url=url)


def create_client(
    transport: messaging.Transport,
    topic: str,
    timeout_seconds: int | None = None,
    exchange: str | None = None,
) -> messaging.RPCClient:
    """Return a client that calls and casts to ``topic``.

    :param exchange: None: the one of the transport's configuration
    """
    target = messaging.Target(exchange=exchange, topic=topic, version="1.0")
    return messaging.get_rpc_client(transport, target, timeout=timeout_seconds)


def create_server(
    transport: messaging.Transport,
    topic: str,
    host: str,
    endpoints: Sequence[object],
    response_seconds: float = 60,
) -> messaging.RPCServer:
    """Return a server on ``topic`` and ``topic.host``; methods named ``_…`` cannot be called.

    :param response_seconds: how long callers wait for a reply that say nothing else
    """
    dispatcher = Dispatcher(endpoints, None, messaging.DefaultRPCAccessPolicy)
    dispatcher.response_seconds = response_seconds
    target = messaging.Target(topic=topic, server=host)
    return messaging.rpc.server.RPCServer(transport, target, dispatcher, executor="threading")


def start_server(server: messaging.RPCServer, topic: str) -> None:
    """Start to receive calls.

    :raises BrokerUnavailable: the broker refuses the exchange or a queue
    """
    library = logging.getLogger("oslo.messaging._drivers.impl_rabbit")
    library.addFilter(_drop)  # it logs each refusal several times; the error below has it once
    try:
        server.start()
    except messaging.MessagingException as error:
        raise errors.BrokerUnavailable(
            describe_failure(f"cannot receive calls on topic {topic}", error)
        ) from error
    finally:
        library.removeFilter(_drop)


def _drop(record: logging.LogRecord) -> bool:
    """Pass no record."""
    return False


_AMQP_REFUSAL = re.compile(r"\((403|406)\) (.*)", re.DOTALL)


def describe_failure(what: str, error: Exception) -> str:
    """Return what failed, why and, if the broker has refused it, what to do about it."""
    text = " ".join(str(error).split()) or type(error).__name__
    found = _AMQP_REFUSAL.search(text)
    if found is None:
        return f"{what}: {text}"
    remedy = {
        "403": "give this user the permission (`rabbitmqctl set_permissions`)",
        "406": "set [oslo_messaging_rabbit] amqp_durable_queues and amqp_auto_delete as the "
        "programs have them that declared it, or delete it on the broker",
    }[found[1]]
    return f"{what}: the broker refuses: {found[2]}; {remedy}"


class Dispatcher(messaging.RPCDispatcher):  # type: ignore[misc]  # the library has no types
    """Refuse wrong calls in one line, for which the library logs its own stack."""

    response_seconds: float = 60

    def dispatch(self, incoming: Any) -> Any:  # Any: the library's message; JSON out
        message = incoming.message
        try:
            if not isinstance(message.get("method"), str):
                raise errors.InvalidInput(
                    f"method: a name is needed, not {message.get('method')!r}"
                )
            if not _CALL_VERSION.fullmatch(str(message.get("version", "1.0"))):
                raise errors.InvalidInput(
                    f"version: a number such as 1.0 is needed, not {message['version']!r}"
                )
            with time_limit(self._get_limit_seconds(incoming.ctxt)):
                return super().dispatch(incoming)
        except errors.DeadlinePassed as error:
            LOG.warning(
                "%.80s: rolled back: it was not done in the %.0f s for which its caller waits",
                message.get("method"),
                self._get_limit_seconds(incoming.ctxt),
            )
            raise messaging.ExpectedException from error
        except (messaging.NoSuchMethod, messaging.UnsupportedVersion, errors.BadRequest) as error:
            LOG.warning("refused a call of %.80s: %.300s", message.get("method"), error)
            raise messaging.ExpectedException from error

    def _get_limit_seconds(self, context: Mapping[str, Any]) -> float:  # Any: JSON
        """Return how long the call may take: what its caller says, at the most the usual time."""
        timeout = context.get(TIMEOUT_KEY)
        if not isinstance(timeout, int | float) or isinstance(timeout, bool) or timeout <= 0:
            timeout = self.response_seconds
        return min(float(timeout), self.response_seconds) * WORKING_SHARE

    def _do_dispatch(self, endpoint: Any, method: str, ctxt: Any, args: Any) -> Any:
        if not isinstance(args, Mapping):
            raise errors.InvalidInput(f"{method}: arguments by name are needed, not {args!r}")
        try:
            inspect.signature(getattr(endpoint, method)).bind(ctxt, **args)
        except TypeError as error:
            raise errors.InvalidInput(f"{method}: {error}") from error
        return super()._do_dispatch(endpoint, method, ctxt, args)


def wait_for_broker(url: str, stop: threading.Event) -> bool:
    """Return True when a broker at the transport URL has answered, False if ``stop`` is set.

    Logs once that it waits and why, and once that the broker answers.
    """
    addresses = _list_broker_addresses(url, cfg.CONF)
    return True if addresses is None else broker.wait_for_broker(addresses, stop)


def check_broker(url: str, conf: cfg.ConfigOpts = cfg.CONF) -> None:
    """Try once to connect to a broker at the transport URL.

    :param conf: has the options of TLS
    :raises BrokerUnavailable: none answers; names the addresses and the reason
    """
    addresses = _list_broker_addresses(url, conf)
    if addresses is None:
        return
    try:
        broker.try_to_connect(addresses)
    except errors.BrokerUnavailable as error:
        names = ", ".join(address.name for address in addresses)
        raise errors.BrokerUnavailable(f"no broker answers at {names}: {error}") from error


def _list_broker_addresses(url: str, conf: cfg.ConfigOpts) -> list[broker.BrokerAddress] | None:
    """Return the addresses in a transport URL, None for an in-memory transport without any."""
    parsed = messaging.TransportURL.parse(conf, url)
    return broker.list_addresses(parsed) if parsed.transport.startswith("rabbit") else None


def rebuild_error(error: Any) -> errors.CloudnetError:  # Any: oslo.messaging's RemoteError
    """Return our own error for one that a server has sent under its class name."""
    class_ = getattr(errors, str(error.exc_type), None)
    if isinstance(class_, type) and issubclass(class_, errors.CloudnetError):
        return class_(error.value)
    return errors.ServiceFailed(
        f"the network service failed ({error.exc_type}: {error.value}); see the controller's log"
    )
