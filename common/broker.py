"""Wait for a message broker that does not answer yet, or refuses to be used.

This module is the adapter for kombu, which oslo.messaging connects with: an attempt with it is the
connection that oslo.messaging would make. It uses the transport below kombu's ``Connection``, whose
own ``connect()`` retries with fixed pauses; setup.cfg bounds kombu's version for that.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kombu.connection import Connection
from oslo_config import cfg

from cloudnet.common.broker_refusals import explain_greeting, explain_refusal
from cloudnet.common.errors import BrokerUnavailable
from cloudnet.common.retry import wait_until_available

LOG = logging.getLogger(__name__)

CONNECT_SECONDS = 5


@dataclass(frozen=True)
class BrokerAddress:
    """One of the addresses at which a broker may answer."""

    name: str  # host:port, without the password
    connection: Connection


def wait_for_broker(addresses: Sequence[BrokerAddress], stop: threading.Event) -> bool:
    """Return True when a broker at one of the addresses has answered, False if ``stop`` is set."""
    return wait_until_available(
        lambda: try_to_connect(addresses),
        condition="cannot use the broker",
        unavailable=BrokerUnavailable,
        stop=stop,
        logger=LOG,
    )


def try_to_connect(addresses: Sequence[BrokerAddress]) -> None:
    """Try each address once.

    :raises BrokerUnavailable: none can be used; names the broker, why, and what to do
    """
    reason = "no host in the transport URL"
    refusal = None
    for address in addresses:
        transport = address.connection.transport
        try:
            transport.close_connection(transport.establish_connection())
        except (OSError, *transport.connection_errors, *transport.channel_errors) as error:
            reason, refusal = _format_reason(error), refusal or _explain(error, address)
        else:
            return
    names = ", ".join(address.name for address in addresses)
    raise BrokerUnavailable(
        refusal or f"no broker answers at {names}: {reason}; start it, or correct the transport URL"
    )


def _explain(error: Exception, address: BrokerAddress) -> str | None:
    """Return why a broker that answers cannot be used, None if it does not answer."""
    broker, connection = f"the broker at {address.name}", address.connection
    return explain_refusal(error, broker, connection.userid) or explain_greeting(
        error, broker, uses_tls=bool(connection.ssl)
    )


def _format_reason(error: BaseException) -> str:
    """Return the error in a few words, never the password."""
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    text: str = getattr(error, "reply_text", None) or str(error) or type(error).__name__
    return " ".join(text.split())


def list_addresses(url: Any) -> list[BrokerAddress]:  # Any: oslo.messaging's TransportURL
    """Return the addresses in a transport URL, with a connection for each."""
    return [
        BrokerAddress(
            f"{host.hostname}:{host.port or 5672}",
            Connection(  # type: ignore[no-untyped-call]  # kombu types a part of itself
                hostname=host.hostname,
                port=host.port or 5672,
                userid=host.username or "guest",
                password=host.password or "guest",
                virtual_host=url.virtual_host or "/",
                transport="pyamqp",
                ssl=_tls_arguments(url.conf),
                connect_timeout=CONNECT_SECONDS,
            ),
        )
        for host in url.hosts
    ]


def _tls_arguments(conf: cfg.ConfigOpts) -> dict[str, Any] | bool:
    """Return the TLS options of [oslo_messaging_rabbit] as kombu's argument."""
    if "oslo_messaging_rabbit" not in conf:
        return False
    rabbit = conf.oslo_messaging_rabbit
    if not rabbit.ssl:
        return False
    files = {
        "ca_certs": rabbit.ssl_ca_file,
        "certfile": rabbit.ssl_cert_file,
        "keyfile": rabbit.ssl_key_file,
    }
    given: dict[str, Any] = {name: path for name, path in files.items() if path}
    if rabbit.ssl_ca_file:
        given["cert_reqs"] = ssl.CERT_REQUIRED
    return given or True
