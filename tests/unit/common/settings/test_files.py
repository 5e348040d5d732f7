"""Assignments in configuration files, with the file and the line that the operator wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.settings.files import parse_command_line, read_assignments
from tests.unit.common.conftest import Write


def read(path: Path) -> list[tuple[int, str, str, str]]:
    return [(each.line, each.group, each.name, each.value) for each in read_assignments([path])]


@pytest.mark.parametrize(
    ("text", "assignments"),
    [
        ("", []),
        ("# a comment\n\n; another", []),
        ("a = 1\n[database]\nb=2", [(1, "DEFAULT", "a", "1"), (3, "database", "b", "2")]),
        (
            "[default]\na = 1\n[Database]\nb = 2",
            [(2, "DEFAULT", "a", "1"), (4, "database", "b", "2")],
        ),
        ("a-b = 1", [(1, "DEFAULT", "a_b", "1")]),
        ("a = 1\n  2\nb = 3", [(1, "DEFAULT", "a", "1\n2"), (3, "DEFAULT", "b", "3")]),
        ("\ufeffa = 1", [(1, "DEFAULT", "a", "1")]),
        (
            "--a=1\n--b-c=x y\n--d",
            [
                (1, "DEFAULT", "a", "1"),
                (2, "DEFAULT", "b_c", "x y"),
                (3, "DEFAULT", "d", "True"),
            ],
        ),
        ("  --a=1", [(1, "DEFAULT", "a", "1")]),
        ("a = 1\n--b=2", [(1, "DEFAULT", "a", "1"), (2, "DEFAULT", "b", "2")]),
        ("a = 1\n  --b=2", [(1, "DEFAULT", "a", "1\n--b=2")]),  # it continues the value
    ],
)
def test_an_assignment_has_its_first_line_its_group_and_its_name(
    write: Write, text: str, assignments: list[tuple[int, str, str, str]]
) -> None:
    assert read(write(text)) == assignments


@pytest.mark.parametrize(
    ("text", "line", "shown"),
    [("a = 1\nwords", 2, "'words'"), ("[group\na = 1", 1, "'[group'"), ("= 1", 1, "'= 1'")],
)
def test_a_line_that_is_no_assignment_is_refused_with_its_number(
    write: Write, text: str, line: int, shown: str
) -> None:
    path = write(text)

    with pytest.raises(ConfigurationError) as refused:
        read_assignments([path])

    assert str(refused.value).startswith(
        f"{path}:{line}: {shown} is not `name = value`, `[section]` or `# comment` ("
    )


def test_an_included_flag_file_is_read_in_the_place_of_the_flag(
    write: Write, tmp_path: Path
) -> None:
    write("--b=2", "more.conf")
    path = write(f"--a=1\n--flagfile={tmp_path / 'more.conf'}\n--c=3")

    found = [(Path(each.file).name, each.line, each.name) for each in read_assignments([path])]

    assert found == [("nova.conf", 1, "a"), ("more.conf", 1, "b"), ("nova.conf", 3, "c")]


def test_files_that_include_each_other_are_refused(write: Write, tmp_path: Path) -> None:
    first, second = tmp_path / "first.conf", tmp_path / "second.conf"
    write(f"--flagfile={second}", first.name)
    write(f"--flagfile={first}", second.name)

    with pytest.raises(ConfigurationError) as refused:
        read_assignments([first])

    assert str(refused.value) == f"{second}:1: --flagfile={first} includes itself"


def test_the_name_as_it_stands_in_the_file_is_kept(write: Write) -> None:
    (assignment,) = read_assignments([write("[Group]\nsome-name = 1")])

    assert (assignment.text_name, assignment.written_name) == ("some-name", "some_name")
    assert assignment.written_group == "group"


def test_named_files_are_read_before_those_of_directories_by_their_names(
    write: Write, tmp_path: Path
) -> None:
    folder = tmp_path / "conf.d"
    folder.mkdir()
    for name in ("b.conf", "a.conf", "a.conf.bak"):
        (folder / name).touch()
    path = write("")

    line = parse_command_line(
        ["--debug", "--config-dir", str(folder), f"--config-file={path}", "word"], "prog"
    )

    assert line.files == (path, folder / "a.conf", folder / "b.conf")
    assert line.rest == ("--debug", "word")
