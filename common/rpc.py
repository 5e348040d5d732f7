"""RPC over the message broker: transports and clients, and what a program needs to serve calls.

This module is the adapter for oslo.messaging; ``rpc_server`` has the servers.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from oslo_config import cfg

from cloudnet.common import broker, errors
from cloudnet.common.queue_library import messaging, messaging_opts
from cloudnet.common.rpc_server import (
    CALLED_HOST_KEY,
    OWN_ERRORS_KEY,
    TIMEOUT_KEY,
    create_server,
)
from cloudnet.common.server_start import (
    START_SECONDS,
    ServerStart,
    describe_failure,
    describe_library_failure,
    start_server,
)
from cloudnet.common.topics import (
    AGENT_TOPIC,
    AGENT_VERSION,
    CONTROLLER_TOPIC,
    CONTROLLER_VERSION,
    HOSTS_TOPIC,
    NETWORK_TOPIC,
    NETWORK_VERSION,
)

LIBRARY_DEFAULTS: Mapping[str, object] = {
    # A worker that holds a reply for a caller that has gone does nothing else meanwhile. The
    # library's 60 s let as many calls as there are workers stop a controller for a minute.
    "kombu_missing_consumer_retry_timeout": 2,
    # Seconds between two attempts to connect again: a host is in sync soon after an outage.
    "rabbit_interval_max": 2,
}
"""Defaults of [oslo_messaging_rabbit] that differ from the library's."""

FORMER_DRIVERS: Mapping[str, str] = {
    "log_notifier": "log",
    "no_op_notifier": "noop",
    "rpc_notifier": "messaging",
    "rpc_notifier2": "messagingv2",
    "test_notifier": "test",
}
"""nova's modules of notifications until Havana, and the library's names of these drivers."""

__all__ = [
    "AGENT_TOPIC",
    "AGENT_VERSION",
    "CALLED_HOST_KEY",
    "CONTROLLER_TOPIC",
    "CONTROLLER_VERSION",
    "HOSTS_TOPIC",
    "NETWORK_TOPIC",
    "NETWORK_VERSION",
    "OWN_ERRORS_KEY",
    "START_SECONDS",
    "TIMEOUT_KEY",
    "ServerStart",
    "check_broker",
    "create_client",
    "create_notifier",
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


def create_notifier(conf: cfg.ConfigOpts, url: str, publisher: str) -> messaging.Notifier | None:
    """Return a sender of notifications as [oslo_messaging_notifications] says; None: no driver.

    :param url: if that group has no transport_url
    :raises ConfigurationError: its transport_url is wrong
    """
    for group, options in messaging_opts.list_opts():
        if group == "oslo_messaging_notifications":
            conf.register_opts(options, group=group)
    configured = conf.oslo_messaging_notifications
    drivers = [FORMER_DRIVERS.get(name.rpartition(".")[2], name) for name in configured.driver]
    if all(name == "noop" for name in drivers):
        return None
    conf.set_override("driver", drivers, group="oslo_messaging_notifications")
    try:
        transport = messaging.get_notification_transport(conf, url=configured.transport_url or url)
    except messaging.MessagingException as error:
        raise errors.ConfigurationError(describe_library_failure(error)) from error
    return messaging.Notifier(transport, publisher_id=publisher, retry=1)


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


def wait_for_broker(url: str, stop: threading.Event) -> bool:
    """Return True when a broker at the transport URL can be used, False if ``stop`` is set.

    Logs once that it waits and why, and once that the broker can be used.
    """
    addresses = _list_broker_addresses(url, cfg.CONF)
    return True if addresses is None else broker.wait_for_broker(addresses, stop)


def check_broker(url: str, conf: cfg.ConfigOpts = cfg.CONF) -> None:
    """Try once to connect to a broker at the transport URL.

    :param conf: has the options of TLS
    :raises BrokerUnavailable: none can be used; names the broker, why, and what to do
    """
    addresses = _list_broker_addresses(url, conf)
    if addresses is not None:
        broker.try_to_connect(addresses)


def _list_broker_addresses(url: str, conf: cfg.ConfigOpts) -> list[broker.BrokerAddress] | None:
    """Return the addresses in a transport URL, None for an in-memory transport without any."""
    parsed = messaging.TransportURL.parse(conf, url)
    return broker.list_addresses(parsed) if parsed.transport.startswith("rabbit") else None


_UNKNOWN_CALL = {"NoSuchMethod", "UnsupportedVersion"}
"""The library's errors of a server that does not have a method."""


def rebuild_error(error: Any) -> errors.CloudnetError:  # Any: oslo.messaging's RemoteError
    """Return our own error for one that a server has sent under its class name."""
    class_ = getattr(errors, str(error.exc_type), None)
    if isinstance(class_, type) and issubclass(class_, errors.CloudnetError):
        return class_(error.value)
    if error.exc_type in _UNKNOWN_CALL:
        return errors.ServiceFailed(
            f"the controller is older than its caller: {error.value}; upgrade the controller"
        )
    return errors.ServiceFailed(
        f"the network service failed ({error.exc_type}: {error.value}); see the controller's log"
    )
