"""Where records go, in what form, and how often an outage is logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from logging.handlers import WatchedFileHandler
from pathlib import Path

import pytest

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.logs import (
    SKIPPED_MESSAGE,
    OutageFilter,
    set_up_logging,
    tolerate_write_errors,
)
from cloudnet.common.request import RPC, Request, serving
from cloudnet.common.settings.load import load_agent
from tests.unit.common.conftest import Write

OUTAGE = "[c1] AMQP server on 127.0.0.1:5672 is unreachable: refused. Trying again in 1 seconds."
RECOVERY = "[c1] Reconnected to AMQP server on 127.0.0.1:5672 via [amqp] client with port 1."


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def passes(filter_: OutageFilter, message: str, level: int = logging.ERROR) -> bool:
    name = "oslo_messaging._drivers.impl_rabbit"
    return filter_.filter(logging.LogRecord(name, level, "", 0, message, (), None))


def test_an_outage_is_logged_once_and_once_when_it_is_over() -> None:
    outages = OutageFilter()

    passed = [passes(outages, m) for m in (OUTAGE, OUTAGE, OUTAGE, RECOVERY, RECOVERY, OUTAGE)]

    assert passed == [True, False, False, True, False, True]


def test_an_outage_that_was_not_logged_for_a_minute_is_a_new_one() -> None:
    clock = Clock()
    outages = OutageFilter(quiet_seconds=60, clock=clock)

    passed = []
    for now in (0, 59, 118, 179):
        clock.now = now
        passed.append(passes(outages, OUTAGE))

    assert passed == [True, False, False, True]


def test_records_of_other_loggers_always_pass() -> None:
    outages = OutageFilter()
    record = logging.LogRecord("cloudnet.agent", logging.ERROR, "", 0, "unreachable", (), None)

    assert outages.filter(record)
    assert outages.filter(record)


@pytest.fixture
def restore_root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("restore_root_logger")
def test_records_of_loading_the_settings_are_logged_when_logging_is_set_up(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write("dhcpbridge = /nowhere/nova-dhcpbridge\ncpu_allocation_ratio = 1")
    conf, _ = load_agent(["--config-file", str(file)], "cloudnet-agent")

    set_up_logging(conf, "cloudnet-agent")

    [line] = capsys.readouterr().err.splitlines()  # the DEBUG line about the other option is not
    assert " INFO cloudnet.common.settings.load: " in line
    assert "/nowhere/nova-dhcpbridge does not exist" in line


@pytest.mark.usefixtures("restore_root_logger")
def test_a_log_file_that_cannot_be_written_is_refused(write: Write, tmp_path: Path) -> None:
    file = write(f"log_file = {tmp_path}/none/agent.log")
    conf, _ = load_agent(["--config-file", str(file)], "cloudnet-agent")

    with pytest.raises(ConfigurationError, match=r"none/agent.log cannot be written: No such file"):
        set_up_logging(conf, "cloudnet-agent")


@pytest.mark.usefixtures("restore_root_logger")
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("default_log_levels = amqp=LOUD", r"\[DEFAULT\] default_log_levels = … amqp=LOUD …: "),
        ("default_log_levels = amqp", r"\[DEFAULT\] default_log_levels = … amqp …: "),
        ("use_syslog = true\nsyslog_log_facility = LOG_NO", "syslog_log_facility = LOG_NO: "),
        ("logging_default_format_string = %(message", "logging_default_format_string"),
        ("logging_default_format_string = %(nothing)s", "'nothing'"),
    ],
)
def test_an_option_of_logging_that_cannot_be_is_one_line(
    write: Write, lines: str, expected: str
) -> None:
    conf, _ = load_agent(["--config-file", str(write(lines))], "cloudnet-agent")

    with pytest.raises(ConfigurationError, match=expected) as refused:
        set_up_logging(conf, "cloudnet-agent")

    assert "\n" not in str(refused.value)


@pytest.mark.usefixtures("restore_root_logger")
def test_records_go_to_the_configured_log_file_only(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_file = tmp_path / "agent.log"
    conf, _ = load_agent(["--config-file", str(write(f"log_file = {log_file}"))], "cloudnet-agent")

    set_up_logging(conf, "cloudnet-agent")
    logging.getLogger("cloudnet.agent").info("ensure bridge br100")

    assert log_file.read_text().endswith(" INFO cloudnet.agent: ensure bridge br100\n")
    assert not capsys.readouterr().err


@pytest.mark.usefixtures("restore_root_logger")
def test_a_record_of_a_request_ends_with_its_id_and_its_caller(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    conf, _ = load_agent(["--config-file", str(write(""))], "cloudnet-agent")
    set_up_logging(conf, "cloudnet-agent")
    logger = logging.getLogger("cloudnet.controller")

    with serving(Request(RPC, "delete_network", "{}", "req-1\n", "alice", None)):
        logger.info("network private: deleted")
    logger.info("controller node1: stopped")

    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("cloudnet.controller: network private: deleted [req-1\\n alice -]")
    assert second.endswith("cloudnet.controller: controller node1: stopped")


@pytest.mark.usefixtures("restore_root_logger")
def test_an_exception_in_a_message_is_not_added_to_it_again(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    conf, _ = load_agent(["--config-file", str(write(""))], "cloudnet-agent")
    set_up_logging(conf, "cloudnet-agent")

    try:
        raise OSError("no space left")
    except OSError as error:
        logging.getLogger("cloudnet.agent").warning("cannot keep it: %s; free some", error)

    assert capsys.readouterr().err.endswith("cannot keep it: no space left; free some\n")


def test_garbage_in_the_queue_is_one_line_with_the_reason() -> None:
    try:
        raise ValueError("not JSON")
    except ValueError as error:
        reason = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "oslo.messaging._drivers.impl_rabbit", logging.ERROR, "", 0, SKIPPED_MESSAGE, (), reason
    )

    assert OutageFilter().filter(record)
    assert record.getMessage() == f"{SKIPPED_MESSAGE} (not JSON)"
    assert record.exc_info is None


def test_records_that_cannot_be_written_are_dropped_and_reported_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gone" / "agent.log"
    handler = WatchedFileHandler(file, delay=True)  # opens its file with the first record
    tolerate_write_errors(handler, "cloudnet-agent")
    logger = logging.getLogger("lost")
    logger.addHandler(handler)

    logger.warning("one")
    logger.warning("two")
    reported = capsys.readouterr().err

    assert reported.count("\n") == 1
    assert reported.startswith("cloudnet-agent: log records are lost: ")
    file.parent.mkdir()
    logger.warning("three")
    assert "three" in file.read_text()
    logger.removeHandler(handler)
    handler.close()


@pytest.mark.usefixtures("restore_root_logger")
def test_text_from_outside_neither_starts_a_line_nor_commands_a_terminal(
    write: Write, tmp_path: Path
) -> None:
    log = tmp_path / "agent.log"
    conf, _ = load_agent(["--config-file", str(write(f"log_file = {log}\n"))], "cloudnet-agent")
    set_up_logging(conf, "cloudnet-agent")
    forged = "bridge down\n2026-01-01 00:00:00.000 ERROR cloudnet: forged\x1b[2J"

    logging.getLogger("cloudnet.agent").warning("host node1: %s", forged)
    try:
        raise ValueError(forged)
    except ValueError:
        logging.getLogger("cloudnet.agent").exception("failed")

    text = log.read_text()
    assert r"host node1: bridge down\n2026-01-01 00:00:00.000 ERROR cloudnet: forged\x1b[2J" in text
    assert "\x1b" not in text
    assert not any(line.startswith("2026-01-01 00:00:00.000") for line in text.splitlines())
