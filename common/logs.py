"""Logging of the daemons: one line for each record, on stderr unless configured otherwise.

This module is the adapter for oslo.log: it depends on how the library's formatter adds an
exception to a line, and on the texts that oslo.messaging logs; setup.cfg bounds both versions.
"""

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
from cloudnet.common.escape import escape_controls
from cloudnet.common.journal import JournalHandler
from cloudnet.common.request import get_request

FORMAT = "%(asctime)s.%(msecs)03d %(levelname)s %(name)s: %(message)s"

LIBRARY_LEVELS = (
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
"""Levels of libraries that log more than an operator needs; default_log_levels overrides them."""

CONTEXT_FORMAT = f"{FORMAT} [%(request_id)s %(user_identity)s]"
"""The format of a record that is logged for a request with an id."""

DEFAULTS: Mapping[str, object] = {
    "logging_default_format_string": FORMAT,
    "logging_context_format_string": CONTEXT_FORMAT,
    "logging_debug_format_suffix": "",
    "logging_exception_prefix": "  ",
    "default_log_levels": list(LIBRARY_LEVELS),
}
"""The defaults that differ from oslo.log's."""

SKIPPED_MESSAGE = "Failed to process message ... skipping it."
"""What oslo.messaging logs of a message in the queue that is not one of its own."""

_OWN_LOGGERS = "cloudnet."
_EARLY_LOGGERS = "cloudnet.common.settings"
_early_records: MemoryHandler | None = None


class SingleLineFormatter(formatters.ContextFormatter):
    """oslo.log's formatter without the exception that it adds to every warning.

    It adds the exception that is being handled, which our own messages contain already.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line; a record with a stack has more."""
        text: str = super().format(record)
        summary: str = getattr(record, "error_summary", "")
        complete = record.name.startswith(_OWN_LOGGERS) or SKIPPED_MESSAGE in record.getMessage()
        if summary and complete and not record.exc_info:
            text = text.removesuffix(f": {summary}")
        elif summary:
            text = text.replace(summary, escape_controls(summary), 1)
        return escape_controls(text, keep="\n")  # the line breaks of a stack


class EscapeFilter(logging.Filter):
    """Escape the control characters of a message: one record is one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass every record."""
        message = record.getMessage()
        escaped = escape_controls(message)
        if escaped != message:
            record.msg, record.args = escaped, None
        return True


class RequestFilter(logging.Filter):
    """Give each record the id of the request that its thread works on, and the caller."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Pass every record."""
        request = get_request()
        if request is not None and request.request_id is not None:
            record.request_id = escape_controls(request.request_id)
            record.user_identity = escape_controls(request.caller)
        return True


class OutageFilter(logging.Filter):
    """Pass one record when the broker becomes unreachable, and one when it answers again.

    oslo.messaging logs every attempt of every connection, several lines a second for as long as the
    broker is unreachable. It does not log every recovery, so an outage that was not logged for
    ``quiet_seconds`` is taken to be over.
    """

    LOGGERS = ("oslo_messaging", "oslo.messaging", "amqp", "kombu")
    OUTAGES = (
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
    RECOVERY = "Reconnected to"

    def __init__(
        self, quiet_seconds: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._quiet_seconds = quiet_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._last: float | None = None  # when the outage was logged last; None: no outage

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is to be logged."""
        if not record.name.startswith(self.LOGGERS):
            return True
        message = record.getMessage()
        if SKIPPED_MESSAGE in message and record.exc_info and record.exc_info[1]:
            record.msg, record.args = f"{SKIPPED_MESSAGE} ({record.exc_info[1]})", None
            record.exc_info = None
            return True
        if self.RECOVERY in message:
            return self._end_outage()
        if not any(outage in message for outage in self.OUTAGES):
            return True
        if record.levelno < logging.WARNING:
            return False  # an attempt to reconnect, whose failure is logged as a warning
        record.exc_info = None  # the message has the reason; the library's stack adds nothing
        return self._start_outage()

    def _start_outage(self) -> bool:
        with self._lock:
            now = self._clock()
            is_new = self._last is None or now - self._last > self._quiet_seconds
            self._last = now
            return is_new

    def _end_outage(self) -> bool:
        with self._lock:
            was_out = self._last is not None
            self._last = None
            return was_out


def buffer_early_records() -> None:
    """Keep the records of loading the settings until logging is set up according to them."""
    global _early_records  # noqa: PLW0603 - logging is global, and so is its buffer
    if _early_records is not None:
        return
    _early_records = MemoryHandler(capacity=10_000, flushLevel=logging.CRITICAL + 1)
    early = logging.getLogger(_EARLY_LOGGERS)
    early.addHandler(_early_records)
    early.setLevel(logging.DEBUG)
    early.propagate = False


def set_up_logging(conf: cfg.ConfigOpts, prog: str) -> None:
    """Send the program's records to the configured outputs, by default to stderr.

    :raises ConfigurationError: a log file cannot be opened, or an option of logging is wrong
    """
    for name, default in DEFAULTS.items():
        conf.set_default(name, default)
    conf.set_default("use_stderr", not (conf.log_file or conf.log_dir))
    journal = JournalHandler(prog) if conf.use_journal and not conf.log_config_append else None
    conf.set_override("use_journal", False)  # the library's handler needs systemd's bindings
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
    except (TypeError, ValueError) as error:  # the library checks neither levels nor facilities
        raise ConfigurationError(
            f"[DEFAULT] {_find_wrong_option(conf)}: {error}; correct it, or leave it out"
        ) from error
    finally:
        conf.clear_override("use_journal")
    if journal is not None:
        _add_journal(journal, conf)
    _check_formats(conf, prog)
    for handler in _list_handlers():
        tolerate_write_errors(handler, prog)
        handler.addFilter(EscapeFilter())
        handler.addFilter(RequestFilter())
    for handler in logging.getLogger().handlers:
        handler.addFilter(OutageFilter())
        if type(handler.formatter) is formatters.ContextFormatter:
            handler.setFormatter(
                SingleLineFormatter(project=prog, datefmt=conf.log_date_format, config=conf)
            )
    flush_early_records()


def _find_wrong_option(conf: cfg.ConfigOpts) -> str:
    """Return the option and its value that the library refuses without a name."""
    for pair in conf.default_log_levels:
        level = pair.partition("=")[2]
        if not isinstance(logging.getLevelName(level), int):
            return f"default_log_levels = … {pair} …"
    return f"syslog_log_facility = {conf.syslog_log_facility}"


def _check_formats(conf: cfg.ConfigOpts, prog: str) -> None:
    """Refuse formats with which each record would be lost."""
    formatter = formatters.ContextFormatter(project=prog, datefmt=conf.log_date_format, config=conf)
    try:
        formatter.format(logging.LogRecord(prog, logging.INFO, "", 0, "", (), None))
    except (KeyError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ConfigurationError(
            "[DEFAULT] logging_default_format_string or log_date_format: no record can be written "
            f"with it ({reason}); correct it, or leave it out"
        ) from error


def _add_journal(journal: JournalHandler, conf: cfg.ConfigOpts) -> None:
    """Log to the journal, and no longer to stderr unless the configuration asks for that too."""
    root = logging.getLogger()
    place = conf.get_location("use_stderr")
    if place is None or not place.location.is_user_controlled:
        root.handlers[:] = [each for each in root.handlers if not _is_stderr(each)]
    journal.setFormatter(formatters.ContextFormatter(datefmt=conf.log_date_format, config=conf))
    root.addHandler(journal)


def _is_stderr(handler: logging.Handler) -> bool:
    return isinstance(handler, logging.StreamHandler) and handler.stream is sys.stderr


def _list_handlers() -> set[logging.Handler]:
    known = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    return {handler for logger in (logging.root, *known) for handler in logger.handlers}


def tolerate_write_errors(handler: logging.Handler, prog: str) -> None:
    """Make the handler drop records that it cannot write; it reports the first on stderr.

    A full disk or a missing directory must not stop a daemon's work. logging itself prints a stack
    for each record, or raises an error in the code that logs.
    """
    emit, is_reported = handler.emit, threading.Event()

    def try_to_emit(record: logging.LogRecord) -> None:
        try:
            emit(record)
        except Exception:  # noqa: BLE001 - no error of a handler may stop the work
            drop(record)

    def drop(record: logging.LogRecord) -> None:
        if not is_reported.is_set():
            is_reported.set()
            with suppress(Exception):
                sys.stderr.write(f"{prog}: log records are lost: {sys.exc_info()[1]}\n")

    handler.emit = try_to_emit  # type: ignore[method-assign]  # of this handler, not of its class
    handler.handleError = drop  # type: ignore[method-assign]  # as above


def flush_early_records() -> None:
    """Log the buffered records as the loggers are set up by now."""
    global _early_records
    if _early_records is None:
        return
    early, buffer, _early_records = logging.getLogger(_EARLY_LOGGERS), _early_records, None
    early.removeHandler(buffer)
    early.setLevel(logging.NOTSET)
    early.propagate = True
    for record in buffer.buffer:
        logger = logging.getLogger(record.name)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)
    buffer.close()
