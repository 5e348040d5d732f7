"""Read configuration files into assignments that remember where they stand.

oslo.config knows the file of a value at best; an operator needs the line. And it refuses an
assignment above the first ``[section]``, where a Folsom flag file, and the listing that this
project grew from, have theirs. The syntax is oslo.config's own, by its own reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from oslo_config import iniparser

from cloudnet.common.errors import ConfigurationError


@dataclass(frozen=True)
class Assignment:
    """One ``name = value`` as it stands in a file."""

    file: str
    line: int
    group: str  # DEFAULT, or lower case
    name: str  # with underscores
    value: str

    @property
    def where(self) -> str:
        """The place, in the form that editors and terminals make a link of."""
        return f"{self.file}:{self.line}"


class _Reader(iniparser.BaseParser):  # type: ignore[misc]  # untyped to mypy here
    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.group = "DEFAULT"  # what stands above every [section]
        self.started = 0
        self.assignments: list[Assignment] = []

    def _split_key_value(self, line: str) -> tuple[str, list[str]]:
        self.started = self.lineno  # a value may go on over more lines
        key, value = super()._split_key_value(line)
        return key, value

    def new_section(self, section: str) -> None:
        name = section.strip()
        self.group = "DEFAULT" if name.upper() == "DEFAULT" else name.lower()

    def assignment(self, key: str, value: list[str]) -> None:
        self.assignments.append(
            Assignment(self.file, self.started, self.group, key.replace("-", "_"), "\n".join(value))
        )


def read_all(files: Iterable[Path]) -> list[Assignment]:
    """Return the assignments of all files, in the order in which later ones win.

    :raises ConfigurationError: a file cannot be read or is not a configuration file
    """
    return [assignment for file in files for assignment in _read(file)]


def _read(file: Path) -> list[Assignment]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{file}: byte {error.start} is not UTF-8 text; save the file as UTF-8"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror or error}") from error
    reader = _Reader(str(file))
    try:
        reader.parse(lines)
    except iniparser.ParseError as error:
        raise ConfigurationError(
            f"{file}:{error.lineno}: {error.line.strip()[:60]!r} is not `name = value`, "
            f"`[section]` or `# comment` ({error.msg})"
        ) from error
    return reader.assignments


def in_directories(directories: Sequence[Path]) -> list[Path]:
    """Return the ``*.conf`` files of the directories, in the order they are read.

    :raises ConfigurationError: a directory cannot be read
    """
    found: list[Path] = []
    for directory in directories:
        try:
            found += sorted(f for f in directory.iterdir() if f.match("*.conf"))
        except OSError as error:
            raise ConfigurationError(
                f"--config-dir {directory}: cannot be read: {error.strerror or error}"
            ) from error
    return found
