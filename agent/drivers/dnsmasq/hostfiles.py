"""The files that a dnsmasq reads: one file a guest in a directory, and a file of options.

dnsmasq watches the directory and takes in a new file by itself. What is changed or gone it only
notices on SIGHUP. Files whose names start with a dot it passes over: there a file is written
before it gets its name, and a mark tells that a SIGHUP is due, should we be stopped in between.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cloudnet.agent.node.resources.dnsmasq import DnsmasqFiles

MARK = ".reload"


class Change(Enum):
    """What dnsmasq must be told after its files were written."""

    NOTHING = "nothing"  # all as it was, or only additions, which it sees
    RELOAD = "reload"  # something changed or went: SIGHUP
    RESTART = "restart"  # the directory is a new one, and dnsmasq watches the old


@dataclass(frozen=True)
class HostFiles:
    """The hosts directory and the options file of one dnsmasq."""

    files: DnsmasqFiles

    def hosts(self) -> tuple[str, ...]:
        """Return the lines of all guests, in the order of their addresses."""
        lines = [line for text in self._texts().values() for line in text.splitlines()]
        return tuple(sorted(lines, key=_by_address))

    def options(self) -> tuple[str, ...]:
        """Return the lines of the options file."""
        try:
            return tuple(self.files.options.read_text().splitlines())
        except FileNotFoundError:
            return ()
        except (OSError, ValueError) as error:  # a directory in its place, or no text in it
            return (f"(cannot be read: {error})",)

    def reload_is_due(self) -> bool:
        """Say whether files were changed and dnsmasq was not told."""
        return (self.files.hosts / MARK).exists()

    def write(self, hosts: Iterable[str], options: Iterable[str]) -> Change:
        """Make the files say this; leave those alone that say it already."""
        change = self._make_directory()
        want = _texts(hosts)
        actual = self._texts()
        text = _text(options)
        options_differ = not self.files.options.exists() or text != _text(self.options())
        stale = [name for name in actual if want.get(name) != actual[name]]
        if stale or options_differ:
            (self.files.hosts / MARK).touch()
        for name in stale:
            if name not in want:
                (self.files.hosts / name).unlink(missing_ok=True)
        for name, lines in want.items():
            if actual.get(name) != lines:
                _replace(self.files.hosts / name, lines)
        if options_differ:
            _replace(self.files.options, text)
        if change is Change.NOTHING and self.reload_is_due():
            return Change.RELOAD
        return change

    def desired(self) -> None:
        """Note that dnsmasq knows what the files say."""
        (self.files.hosts / MARK).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all files, those that dnsmasq wrote as well."""
        for file in (self.files.options, self.files.leases, self.files.pid):
            file.unlink(missing_ok=True)
        # The last, since it is what tells of a dnsmasq that was here.
        if self.files.hosts.is_dir():
            for file in self.files.hosts.iterdir():
                file.unlink(missing_ok=True)
            self.files.hosts.rmdir()

    def _make_directory(self) -> Change:
        self.files.hosts.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if self.files.hosts.is_dir():
            return Change.NOTHING
        self.files.hosts.mkdir()
        self.files.hosts.chmod(0o755)  # whatever our umask: dnsmasq reads as nobody
        return Change.RESTART

    def _texts(self) -> dict[str, str]:
        """Return what each guest's file says, by the file's name."""
        try:
            names = sorted(os.listdir(self.files.hosts))  # noqa: PTH208 - names are all we need
        except (FileNotFoundError, NotADirectoryError):
            return {}
        return {name: _read(f"{self.files.hosts}/{name}") for name in names if name[0] != "."}


def _texts(hosts: Iterable[str]) -> dict[str, str]:
    """Return what each guest's file must say: its lines, in a file named after its MAC."""
    lines: dict[str, list[str]] = {}
    for line in hosts:
        lines.setdefault(line.partition(",")[0].replace(":", "-"), []).append(line)
    return {name: _text(own) for name, own in lines.items()}


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _by_address(line: str) -> tuple[bytes, str]:
    try:
        return socket.inet_aton(line.rpartition(",")[2]), line
    except OSError:
        return b"", line


def _read(file: str) -> str:
    # Each guest's file is read in every round; a Path and a decoder would be most of the cost.
    try:
        with open(file, "rb", buffering=0) as stream:  # noqa: PTH123
            return os.fsdecode(stream.readall())
    except OSError as error:  # a directory in its place: like no guest's, so it is to be mended
        return f"(cannot be read: {error})"


def _replace(file: Path, text: str) -> None:
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text)
    fresh.chmod(0o644)
    fresh.rename(file)
