"""Logging for the daemons: one line for each record, on stderr, and a long trouble said once."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from logging.handlers import MemoryHandler

from oslo_config import cfg
from oslo_log import formatters, log

from cloudnet.common.errors import ConfigurationError

FORMAT = "%(asctime)s.%(msecs)03d %(levelname)s %(name)s: %(message)s"

QUIETER = (
    "alembic=WARN",
    "amqp=ERROR",  # it warns of every message that meets a closing channel
    "kombu=WARN",
    "oslo.messaging=INFO",
    "oslo_messaging=INFO",
    "oslo_service=WARN",
    "pyroute2=WARN",
    "sqlalchemy=WARN",
    "stevedore=WARN",
)
"""Libraries that talk more than an operator wants to read; default_log_levels goes before it."""

DEFAULTS: Mapping[str, object] = {
    "logging_default_format_string": FORMAT,
    "logging_context_format_string": FORMAT,
    "logging_debug_format_suffix": "",
    "logging_exception_prefix": "  ",
    "default_log_levels": list(QUIETER),
}
"""Where we think otherwise than oslo.log."""

OURS = "cloudnet."
_EARLY = "cloudnet.common.settings"
_held: MemoryHandler | None = None


class OneLine(formatters.ContextFormatter):
    """oslo.log's, but what we say is all there is to say.

    The library puts the exception that is being handled behind every warning, where ours have it
    already, in words.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line."""
        text: str = super().format(record)
        ours = record.name.startswith(OURS) or SayOnce.GARBAGE in record.getMessage()
        if record.exc_info or not ours:
            return text
        return text.removesuffix(f": {getattr(record, 'error_summary', '')}")


class SayOnce(logging.Filter):
    """Let a lasting trouble with the broker through once, and once that it is over.

    oslo.messaging reports every try of every connection, several lines a second for as long as
    the broker is away. A trouble that was not mentioned for ``quiet_seconds`` counts as over: not
    every way back is announced.
    """

    SOURCES = ("oslo_messaging", "oslo.messaging", "amqp", "kombu")
    TROUBLES = (
        "unreachable",
        "closed the connection",
        "Connection failed",
        "connection/channel error",
        "heartbeat",
        "Failed to publish",
        "Failed to consume",
        "Failed to declare consumer",
        "Failed to process incoming message",
        "Unable to connect",
    )
    OVER = "Reconnected to"
    GARBAGE = "Failed to process message ... skipping it."  # somebody sent what is no message

    def __init__(
        self, quiet_seconds: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._quiet_seconds = quiet_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._last: float | None = None  # when the trouble was last mentioned; None: no trouble

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is worth a line."""
        if not record.name.startswith(self.SOURCES):
            return True
        message = record.getMessage()
        if self.GARBAGE in message and record.exc_info and record.exc_info[1]:
            record.msg, record.args = f"{self.GARBAGE} ({record.exc_info[1]})", None
            record.exc_info = None
            return True
        if self.OVER in message:
            return self._is_over()
        if not any(trouble in message for trouble in self.TROUBLES):
            return True
        if record.levelno < logging.WARNING:
            return False  # that it tries again, which what comes with it says louder
        record.exc_info = None  # the message says it; forty lines of the library's stack do not
        return self._is_new()

    def _is_new(self) -> bool:
        with self._lock:
            now = self._clock()
            new = self._last is None or now - self._last > self._quiet_seconds
            self._last = now
            return new

    def _is_over(self) -> bool:
        with self._lock:
            was_away = self._last is not None
            self._last = None
            return was_away


def hold_early_records() -> None:
    """Keep what is logged while the configuration is read, until it is known where to."""
    global _held  # noqa: PLW0603 - logging itself is global, and so is what waits for it
    if _held is not None:
        return
    _held = MemoryHandler(capacity=10_000, flushLevel=logging.CRITICAL + 1)
    early = logging.getLogger(_EARLY)
    early.addHandler(_held)
    early.setLevel(logging.DEBUG)
    early.propagate = False


def set_up_logging(conf: cfg.ConfigOpts, prog: str) -> None:
    """Send the program's records where ``conf`` says; by default to stderr.

    :raises ConfigurationError: a log file cannot be opened, or log_config_append is wrong
    """
    for name, default in DEFAULTS.items():
        conf.set_default(name, default)
    conf.set_default("use_stderr", not (conf.log_file or conf.log_dir or conf.use_journal))
    try:
        log.setup(conf, prog)
    except OSError as error:
        raise ConfigurationError(
            f"[DEFAULT] log_file or log_dir: {error.filename} cannot be written: {error.strerror}"
        ) from error
    except log.LogConfigError as error:
        raise ConfigurationError(
            f"[DEFAULT] log_config_append = {conf.log_config_append}: {error.err_msg}"
        ) from error
    for handler in _handlers():
        _shield(handler, prog)
    for handler in logging.getLogger().handlers:
        handler.addFilter(SayOnce())
        if type(handler.formatter) is formatters.ContextFormatter:
            handler.setFormatter(OneLine(project=prog, datefmt=conf.log_date_format, config=conf))
    _release_early_records()


def _handlers() -> set[logging.Handler]:
    known = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    return {handler for logger in (logging.root, *known) for handler in logger.handlers}


def _shield(handler: logging.Handler, prog: str) -> None:
    """Have a record that cannot be written be lost, which is said once, and harm nobody.

    A full disk or a directory that is gone is no reason for a daemon to stop its work; logging's
    own way is a stack for each record, or an error to whoever says something.
    """
    emit, lost = handler.emit, threading.Event()

    def try_to_emit(record: logging.LogRecord) -> None:
        try:
            emit(record)
        except Exception:  # noqa: BLE001 - whatever it is, it is no reason to stop the work
            lose(record)

    def lose(record: logging.LogRecord) -> None:
        if not lost.is_set():
            lost.set()
            with suppress(Exception):
                sys.stderr.write(f"{prog}: records are lost: {sys.exc_info()[1]}\n")

    handler.emit = try_to_emit  # type: ignore[method-assign]  # of this one, whatever its class
    handler.handleError = lose  # type: ignore[method-assign]


def _release_early_records() -> None:
    global _held
    if _held is None:
        return
    early, held, _held = logging.getLogger(_EARLY), _held, None
    early.removeHandler(held)
    early.setLevel(logging.NOTSET)
    early.propagate = True
    for record in held.buffer:
        logger = logging.getLogger(record.name)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)
    held.close()
