"""Where records go, and how often a trouble is said."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from logging.handlers import WatchedFileHandler
from pathlib import Path

import pytest

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.logs import SayOnce, _shield, set_up_logging
from cloudnet.common.settings.load import load_agent
from tests.unit.common.conftest import Write

AWAY = "[c1] AMQP server on 127.0.0.1:5672 is unreachable: refused. Trying again in 1 seconds."
BACK = "[c1] Reconnected to AMQP server on 127.0.0.1:5672 via [amqp] client with port 1."


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def passes(filter_: SayOnce, message: str, level: int = logging.ERROR) -> bool:
    name = "oslo_messaging._drivers.impl_rabbit"
    return filter_.filter(logging.LogRecord(name, level, "", 0, message, (), None))


def test_a_broker_that_is_away_is_said_once_and_once_when_it_is_back() -> None:
    say_once = SayOnce()

    said = [passes(say_once, m) for m in (AWAY, AWAY, AWAY, BACK, BACK, AWAY)]

    assert said == [True, False, False, True, False, True]


def test_a_trouble_unmentioned_for_a_minute_is_a_new_one() -> None:
    clock = Clock()
    say_once = SayOnce(quiet_seconds=60, clock=clock)

    said = []
    for now in (0, 59, 118, 179):
        clock.now = now
        said.append(passes(say_once, AWAY))

    assert said == [True, False, False, True]


def test_what_is_not_about_the_broker_is_always_said() -> None:
    say_once = SayOnce()
    record = logging.LogRecord("cloudnet.agent", logging.ERROR, "", 0, "unreachable", (), None)

    assert say_once.filter(record)
    assert say_once.filter(record)


@pytest.fixture
def root_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("root_as_before")
def test_what_was_said_before_logging_was_set_up_comes_out_with_it(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write("dhcpbridge = /nowhere/nova-dhcpbridge\ncpu_allocation_ratio = 1")
    conf, _ = load_agent(["--config-file", str(file)], "cloudnet-agent")

    set_up_logging(conf, "cloudnet-agent")

    [line] = capsys.readouterr().err.splitlines()  # the DEBUG line about the other option is not
    assert " INFO cloudnet.common.settings.load: " in line
    assert "/nowhere/nova-dhcpbridge does not exist" in line


@pytest.mark.usefixtures("root_as_before")
def test_a_log_file_that_cannot_be_written_is_refused(write: Write, tmp_path: Path) -> None:
    file = write(f"log_file = {tmp_path}/none/agent.log")
    conf, _ = load_agent(["--config-file", str(file)], "cloudnet-agent")

    with pytest.raises(ConfigurationError, match=r"none/agent.log cannot be written: No such file"):
        set_up_logging(conf, "cloudnet-agent")


@pytest.mark.usefixtures("root_as_before")
def test_the_word_goes_to_the_log_file_that_is_named(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_file = tmp_path / "agent.log"
    conf, _ = load_agent(["--config-file", str(write(f"log_file = {log_file}"))], "cloudnet-agent")

    set_up_logging(conf, "cloudnet-agent")
    logging.getLogger("cloudnet.agent").info("ensure bridge br100")

    assert log_file.read_text().endswith(" INFO cloudnet.agent: ensure bridge br100\n")
    assert not capsys.readouterr().err


@pytest.mark.usefixtures("root_as_before")
def test_what_is_said_of_an_exception_is_said_once(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    conf, _ = load_agent(["--config-file", str(write(""))], "cloudnet-agent")
    set_up_logging(conf, "cloudnet-agent")

    try:
        raise OSError("no space left")
    except OSError as error:
        logging.getLogger("cloudnet.agent").warning("cannot keep it: %s; free some", error)

    assert capsys.readouterr().err.endswith("cannot keep it: no space left; free some\n")


def test_garbage_on_the_queue_is_one_line_with_the_reason() -> None:
    try:
        raise ValueError("not JSON")
    except ValueError as error:
        reason = (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        "oslo.messaging._drivers.impl_rabbit", logging.ERROR, "", 0, SayOnce.GARBAGE, (), reason
    )

    assert SayOnce().filter(record)
    assert record.getMessage() == f"{SayOnce.GARBAGE} (not JSON)"
    assert record.exc_info is None


def test_a_record_that_cannot_be_written_is_lost_said_once_and_harms_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "gone" / "trouble.log"
    handler = WatchedFileHandler(file, delay=True)  # opens its file with the first record
    _shield(handler, "cloudnet-agent")
    logger = logging.getLogger("lost")
    logger.addHandler(handler)

    logger.warning("one")
    logger.warning("two")
    said = capsys.readouterr().err

    assert said.count("\n") == 1
    assert said.startswith("cloudnet-agent: records are lost: ")
    file.parent.mkdir()
    logger.warning("three")
    assert "three" in file.read_text()
    logger.removeHandler(handler)
    handler.close()
