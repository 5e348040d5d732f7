"""Wait for a broker that may be away, saying so once and not with every try."""

from __future__ import annotations

import logging
import random
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import kombu
import kombu.exceptions
import tenacity
from oslo_config import cfg

LOG = logging.getLogger(__name__)

CONNECT_SECONDS = 5
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


class AwayError(Exception):
    """No broker answered; why the last one did not."""


@dataclass(frozen=True)
class Door:
    """One place where a broker may answer."""

    name: str  # host:port, fit for a log line
    connection: kombu.Connection


def wait(doors: Sequence[Door], stop: threading.Event) -> bool:
    """Return True when a broker behind one of the doors has answered, False when ``stop`` is set.

    Tries again with growing pauses and jitter, so that a thousand agents do not meet a broker that
    comes back all at once.
    """
    return wait_until(lambda: knock(doors), ", ".join(door.name for door in doors), stop)


def wait_until(knock: Callable[[], None], where: str, stop: threading.Event) -> bool:
    """Call ``knock`` until it does not raise ``AwayError``; False when ``stop`` is set."""
    said: str | None = None
    began = time.monotonic()

    def say(state: tenacity.RetryCallState) -> None:
        nonlocal said
        error = state.outcome.exception() if state.outcome is not None else None
        if str(error) != said and not stop.is_set():
            said = str(error)
            LOG.warning(
                "the broker at %s does not answer: %s; trying again until it does", where, said
            )

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(AwayError),
        wait=_pause,
        sleep=tenacity.sleep_using_event(stop),
        stop=tenacity.stop_when_event_set(stop),
        before_sleep=say,
    )
    if stop.is_set():
        return False
    try:
        retrying(knock)
    except tenacity.RetryError:
        return False
    if said is not None:
        LOG.info("the broker at %s answers, after %.0f s", where, time.monotonic() - began)
    return not stop.is_set()


def _pause(state: tenacity.RetryCallState) -> float:
    longest = FIRST_PAUSE_SECONDS * 2 ** min(state.attempt_number - 1, 10)
    longest = min(longest, LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter, not a secret


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
            kombu.Connection(
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
