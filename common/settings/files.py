"""Which configuration files a program reads, and the assignments in them with file and line.

oslo.config knows the file of a value at best; an operator needs the line. It also refuses an
assignment above the first ``[group]``, where nova's flag files have all of theirs.

This module is the adapter for oslo.config's parser (``oslo_config.iniparser``), which is not a part
of its documented interface: setup.cfg bounds the library's version, and docs/decisions/0012 has the
reasons.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oslo_config import iniparser

from cloudnet.common.errors import ConfigurationError

DEFAULT_FILES = (Path("/etc/nova/nova.conf"), Path("/etc/cloudnet/nova.conf"))
"""Read if they exist when no file is named; the second overrides the first."""

_FLAG = re.compile(r"--(?P<name>[A-Za-z][\w-]*)\s*(?:=\s*(?P<value>.*))?")
"""A line of a flag file, as nova's configuration was up to Essex; without a value it is True."""


@dataclass(frozen=True)
class CommandLine:
    """A command line, split."""

    files: tuple[Path, ...]
    rest: tuple[str, ...]  # the arguments that name no configuration file


def parse_command_line(argv: Sequence[str], prog: str) -> CommandLine:
    """Return the files to read and the rest of the command line.

    An option for files without its value is wrong usage and ends the program as argparse does.

    :raises ConfigurationError: a directory cannot be read
    """
    parser = argparse.ArgumentParser(prog=prog, add_help=False, allow_abbrev=False)
    parser.add_argument("--config-file", action="append", type=Path, default=[])
    parser.add_argument("--config-dir", action="append", type=Path, default=[])
    known, rest = parser.parse_known_args(argv)
    named = [*known.config_file, *_list_directories(known.config_dir)]
    return CommandLine(tuple(named or list_default_files()), tuple(rest))


def list_default_files() -> list[Path]:
    """Return the files that are read when none is named.

    :raises ConfigurationError: this user may not see whether one exists
    """
    try:
        return [file for file in DEFAULT_FILES if file.exists()]
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename}: {error.strerror}; run it as a user who may read it, or name "
            "another file by --config-file"
        ) from error


def _list_directories(directories: Sequence[Path]) -> list[Path]:
    """Return the ``*.conf`` files of the directories in the order of their names."""
    found: list[Path] = []
    for directory in directories:
        try:
            found += sorted(f for f in directory.iterdir() if f.match("*.conf"))
        except OSError as error:
            raise ConfigurationError(
                f"--config-dir {directory}: cannot be read: {error.strerror or error}"
            ) from error
    return found


@dataclass(frozen=True)
class Assignment:
    """One ``name = value`` in a file, or one ``--name=value`` in a flag file."""

    file: str
    line: int
    group: str  # DEFAULT, or lower case
    name: str  # with underscores
    value: str
    is_flag: bool = False
    written_group: str = field(default="", compare=False)  # before a renaming
    written_name: str = field(default="", compare=False)  # as above
    text_name: str = field(default="", compare=False)  # as it is written, perhaps with dashes

    def __post_init__(self) -> None:
        if not self.written_name:
            object.__setattr__(self, "written_group", self.group)
            object.__setattr__(self, "written_name", self.name)
        if not self.text_name:
            object.__setattr__(self, "text_name", self.name)

    @property
    def place(self) -> str:
        """``file:line``, which editors and terminals turn into a link."""
        return f"{self.file}:{self.line}"


class _Parser(iniparser.BaseParser):
    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.group = "DEFAULT"  # of assignments above the first [group]
        self.first_line = 0  # of the assignment that is being read
        self.assignments: list[Assignment] = []

    def _split_key_value(self, line: str) -> tuple[str, list[str]]:
        # The only call at an assignment's first line; assignment() is called after its last.
        self.first_line = self.lineno
        return super()._split_key_value(line)

    def new_section(self, section: str) -> None:
        name = section.strip()
        self.group = "DEFAULT" if name.upper() == "DEFAULT" else name.lower()

    def assignment(self, key: str, value: list[str]) -> None:
        name = key.replace("-", "_")
        self.assignments.append(
            Assignment(
                self.file, self.first_line, self.group, name, "\n".join(value), text_name=key
            )
        )


def read_assignments(files: Iterable[Path]) -> list[Assignment]:
    """Return the assignments of all files; later ones override earlier ones.

    :raises ConfigurationError: a file cannot be read or is not a configuration file
    """
    return [assignment for file in files for assignment in _read(file)]


def _read(file: Path, including: tuple[Path, ...] = ()) -> list[Assignment]:
    lines = _read_lines(file)
    flags = _take_flags(file, lines)
    parser = _Parser(str(file))
    try:
        parser.parse(lines)
    except iniparser.ParseError as error:
        raise ConfigurationError(
            f"{file}:{error.lineno}: {error.line.strip()[:60]!r} is not `name = value`, "
            f"`[section]` or `# comment` ({error.msg})"
        ) from error
    assignments = sorted([*parser.assignments, *flags], key=lambda assignment: assignment.line)
    return [each for assignment in assignments for each in _include(assignment, file, including)]


def _read_lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{file}: byte {error.start} is not UTF-8 text; save the file as UTF-8"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror or error}") from error


def _take_flags(file: Path, lines: list[str]) -> list[Assignment]:
    """Return the flags among the lines, and replace their lines by empty ones.

    Only a file that begins with a flag may indent them: elsewhere an indented line continues the
    value above it.
    """
    first = next((line for line in lines if line.strip() and line.lstrip()[0] not in "#;"), "")
    may_be_indented = first.lstrip().startswith("--")
    flags = []
    for number, line in enumerate(lines, start=1):
        found = _FLAG.fullmatch(line.strip() if may_be_indented else line.rstrip())
        if found is not None:
            value = "True" if found["value"] is None else found["value"]
            name = found["name"].replace("-", "_")
            flags.append(
                Assignment(
                    str(file), number, "DEFAULT", name, value, is_flag=True, text_name=found["name"]
                )
            )
            lines[number - 1] = ""
    return flags


def _include(
    assignment: Assignment, file: Path, including: tuple[Path, ...]
) -> Iterable[Assignment]:
    """Return the assignment, or those of the file that ``--flagfile=`` includes."""
    if not assignment.is_flag or assignment.name != "flagfile":
        return [assignment]
    if assignment.value in {"", "True"}:  # True: without a value
        raise ConfigurationError(
            f"{assignment.place}: --flagfile: the name of a file is needed: --flagfile=FILE"
        )
    included = Path(assignment.value)
    if included in (file, *including):
        raise ConfigurationError(f"{assignment.place}: --flagfile={included} includes itself")
    return _read(included, (file, *including))
