"""SIGHUP and systemd's journal: where records go, and what a reload changes."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.journal import SOCKET, JournalHandler, encode_field
from cloudnet.common.log_reload import reload_logging
from cloudnet.common.logs import set_up_logging
from cloudnet.common.settings.load import load_agent
from tests.unit.common.conftest import Write

LOG = logging.getLogger("cloudnet.agent")


@pytest.fixture(autouse=True)
def root_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def start(write: Write, text: str) -> list[str]:
    argv = ["--config-file", str(write(text))]
    conf, _ = load_agent(argv, "cloudnet-agent")
    set_up_logging(conf, "cloudnet-agent")
    return argv


def test_a_reload_changes_the_log_level_and_names_what_needs_a_restart(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = start(write, "")
    write("debug = true\nnetwork_size = 64\ntransport_url = rabbit://u:secret@192.0.2.1/\n")

    reload_logging(argv, "cloudnet-agent")
    LOG.debug("a detail")

    before, after = capsys.readouterr().err.splitlines()[-2:]
    assert before.endswith(
        "SIGHUP: read the configuration again; log level DEBUG; "
        "needs a restart: [DEFAULT] network_size, [DEFAULT] transport_url"
    )
    assert after.endswith(" DEBUG cloudnet.agent: a detail")


def test_a_reload_changes_where_records_go(write: Write, tmp_path: Path) -> None:
    argv = start(write, f"log_file = {tmp_path}/one.log")
    write(f"log_file = {tmp_path}/two.log")

    reload_logging(argv, "cloudnet-agent")
    LOG.info("bridge br100: created")

    assert "br100" not in (tmp_path / "one.log").read_text()
    assert "bridge br100: created" in (tmp_path / "two.log").read_text()


@pytest.mark.parametrize("wrong", ["vlan_strat = 1", "log_file = /dev/null/agent.log"])
def test_a_reload_of_a_wrong_configuration_changes_nothing(
    write: Write, tmp_path: Path, wrong: str
) -> None:
    argv = start(write, f"log_file = {tmp_path}/agent.log")
    write(f"debug = true\n{wrong}\n")

    reload_logging(argv, "cloudnet-agent")
    LOG.debug("a detail")

    [line] = (tmp_path / "agent.log").read_text().splitlines()
    assert "WARNING cloudnet.common.log_reload: SIGHUP: nothing was changed: " in line


def test_a_record_in_the_journal_has_its_priority(tmp_path: Path) -> None:
    journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    journal.bind(str(tmp_path / "socket"))
    handler = JournalHandler("cloudnet-agent", tmp_path / "socket")

    handler.handle(logging.makeLogRecord({"msg": "one", "levelno": 30, "name": "cloudnet.agent"}))
    handler.close()

    fields = journal.recv(65536).split(b"\n")
    journal.close()
    assert fields[:4] == [
        b"MESSAGE=one",
        b"PRIORITY=4",
        b"SYSLOG_IDENTIFIER=cloudnet-agent",
        b"LOGGER=cloudnet.agent",
    ]


def test_a_record_of_several_lines_cannot_add_fields_to_the_journal() -> None:
    assert encode_field("MESSAGE", "a\nPRIORITY=0") == (
        b"MESSAGE\n\x0c\x00\x00\x00\x00\x00\x00\x00a\nPRIORITY=0\n"
    )


def test_a_journal_that_does_not_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        JournalHandler("cloudnet-agent", tmp_path / "none")

    assert str(refused.value) == (
        f"[DEFAULT] use_journal = true: there is no {tmp_path}/none: systemd's journal does not "
        "run here; leave use_journal out, and records go to stderr"
    )
    assert Path("/run/systemd/journal/socket") == SOCKET
