"""Wait for a broker that does not answer yet."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kombu.connection import Connection
from oslo_config import cfg

from cloudnet.common.retry import wait_until_available

LOG = logging.getLogger(__name__)

CONNECT_SECONDS = 5


class AwayError(Exception):
    """No broker answered; why the last one did not."""


@dataclass(frozen=True)
class Door:
    """One place where a broker may answer."""

    name: str  # host:port, fit for a log line
    connection: Connection


def wait(doors: Sequence[Door], stop: threading.Event) -> bool:
    """Return True when one of the brokers has answered, False when ``stop`` is set."""
    return wait_until_available(
        lambda: knock(doors),
        condition=f"cannot reach the broker at {', '.join(door.name for door in doors)}",
        unavailable=AwayError,
        stop=stop,
        logger=LOG,
    )


def knock(doors: Sequence[Door]) -> None:
    """Try each door once.

    :raises AwayError: nobody answers
    """
    reason = "no host in its URL"
    for connection in (door.connection for door in doors):
        try:
            # Not connect(), which tries twice with two seconds between: the pauses are ours.
            connection.transport.close_connection(connection.transport.establish_connection())
        except (OSError, *connection.connection_errors, *connection.channel_errors) as error:
            reason = _reason(error)
        else:
            return
    raise AwayError(reason)


def _reason(error: BaseException) -> str:
    """Return the error in a few words; none of them is the password."""
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    text: str = getattr(error, "reply_text", None) or str(error) or type(error).__name__
    return " ".join(text.split())


def doors(parsed: Any) -> list[Door]:  # Any: oslo.messaging's TransportURL
    """Return where the brokers of a transport URL are to be met, and how."""
    return [
        Door(
            f"{host.hostname}:{host.port or 5672}",
            Connection(  # type: ignore[no-untyped-call]  # kombu types a part of itself
                hostname=host.hostname,
                port=host.port or 5672,
                userid=host.username or "guest",
                password=host.password or "guest",
                virtual_host=parsed.virtual_host or "/",
                transport="pyamqp",
                ssl=_tls(),
                connect_timeout=CONNECT_SECONDS,
            ),
        )
        for host in parsed.hosts
    ]


def _tls() -> dict[str, Any] | bool:
    """Return what [oslo_messaging_rabbit] says about TLS, in the form kombu wants it."""
    if "oslo_messaging_rabbit" not in cfg.CONF:
        return False
    rabbit = cfg.CONF.oslo_messaging_rabbit
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
