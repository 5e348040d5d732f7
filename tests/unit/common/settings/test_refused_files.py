"""A file that cannot be read, or has any text, is refused in printable lines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.settings.load import load_agent, load_controller, read_controller
from cloudnet.common.settings.options import GROUPS
from tests.unit.common.conftest import Write
from tests.unit.common.settings.refusing import caught, refusal


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_agent(["--config-file", str(tmp_path / "none")], "cloudnet-agent")

    assert str(caught.value) == f"{tmp_path}/none: cannot be read: No such file or directory"


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Root can read every file, so become another user for a moment."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_file_without_read_permission_is_refused(write: Write) -> None:
    file = write("")
    file.chmod(0)

    with (
        as_an_ordinary_user(),
        pytest.raises(ConfigurationError, match="cannot be read: Permission denied"),
    ):
        load_agent(["--config-file", str(file)], "cloudnet-agent")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "nova.conf"
    file.write_bytes(b"my_ip = \xff\xfe")

    with pytest.raises(ConfigurationError, match="byte 8 is not UTF-8 text; save the file"):
        read_controller([file], "cloudnet-manage")


def test_a_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"--config-dir .*/none: cannot be read"):
        load_agent(["--config-dir", str(tmp_path / "none")], "cloudnet-agent")


def test_config_file_without_a_name_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        load_agent(["--config-file"], "cloudnet-agent")

    assert stopped.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "cloudnet-agent: error: argument --config-file: expected one argument"
    )


def test_an_unknown_argument_is_wrong_usage(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        load_agent(["--config-file", str(write("")), "--onec"], "cloudnet-agent")

    assert stopped.value.code == 2
    assert "unrecognized arguments: --onec" in capsys.readouterr().err


def test_help_works_with_a_wrong_file(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        load_agent(["--help", "--config-file", str(write("spam"))], "cloudnet-agent")

    assert not stopped.value.code
    assert "--config-file PATH" in capsys.readouterr().out


NAMES = st.sampled_from([o.dest for options in GROUPS.values() for o in options])
LINES = st.one_of(
    st.text(max_size=30),
    st.builds("[{}]".format, st.one_of(st.text(max_size=8), st.sampled_from(sorted(GROUPS)))),
    st.builds("{} = {}".format, NAMES, st.one_of(st.text(max_size=20), st.from_regex(r"\$\w+"))),
    st.builds("{} = ${}".format, NAMES, NAMES),
    st.builds("    {}".format, st.text(max_size=10)),
)


def refusal_or_empty(file: Path) -> str:
    """Return the refusal, or an empty text; any other exception is a bug."""
    try:
        read_controller([file], "cloudnet-manage")
    except ConfigurationError as error:
        return str(error)
    return ""


@given(lines=st.lists(LINES, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_read_or_refused_in_printable_lines(lines: list[str], tmp_path: Path) -> None:
    file = tmp_path / "nova.conf"
    file.write_text("\n".join(lines), encoding="utf-8", errors="replace")

    assert all(line.isprintable() for line in refusal_or_empty(file).split("\n"))


@given(lines=st.lists(LINES, max_size=4))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
def test_any_text_is_read_or_refused_in_printable_lines_by_an_agent(
    lines: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "nova.conf"
    file.write_text("\n".join(lines), encoding="utf-8", errors="replace")

    try:
        load_agent(["--config-file", str(file)], "cloudnet-agent")
        line = ""
    except ConfigurationError as error:
        line = str(error)

    assert all(part.isprintable() for part in line.split("\n"))


@given(garbage=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_are_read_or_refused_in_printable_lines(garbage: bytes, tmp_path: Path) -> None:
    file = tmp_path / "nova.conf"
    file.write_bytes(garbage)

    assert all(line.isprintable() for line in refusal_or_empty(file).split("\n"))


def test_a_flag_file_that_includes_itself_is_refused(write: Write) -> None:
    file = write("")
    file.write_text(f"--flagfile={file}")

    assert caught(load_agent, ["--config-file", str(file)], "cloudnet-agent") == (
        f"{file}:1: --flagfile={file} includes itself"
    )


@pytest.mark.parametrize("flag", ["--flagfile", "--flagfile="])
def test_a_flag_file_without_a_name_is_refused_with_its_line(write: Write, flag: str) -> None:
    expected = "1: --flagfile: the name of a file is needed: --flagfile=FILE"

    assert refusal(write(flag)) == expected


def test_a_flag_of_another_service_may_be_negated(write: Write) -> None:
    assert refusal(write("--nouse_cow_images\n--noverbose\n--nodaemon")) == ""


def test_a_flag_file_includes_another(write: Write) -> None:
    other = write("--vlan_start=7", "other.conf")

    _, loaded = load_controller(
        ["--config-file", str(write(f"--verbose\n--flagfile={other}"))], "cloudnet-controller"
    )

    assert loaded.networks.vlan_start == 7
