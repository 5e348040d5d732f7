"""The files that a dnsmasq reads: a directory with one file for each guest, and a file of options.

dnsmasq watches the directory and reads a new file by itself. It notices only on SIGHUP that a file
was changed or removed. It ignores files whose names start with a dot: a file is written under such
a name before it is renamed, and another one marks that a SIGHUP is due and has the lines that were
removed, for the case that the agent is stopped before it sends one and releases their leases.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import IPv4Address

from cloudnet.agent.drivers.dnsmasq.permissions import READ, READ_AND_ENTER
from cloudnet.agent.node.resources.dnsmasq import DnsmasqFiles
from cloudnet.common.limits import is_mac
from cloudnet.common.regular_file import open_regular, read_regular

RELOAD_MARK = ".reload"

Guest = tuple[str, IPv4Address]  # MAC and address


class Reaction(Enum):
    """What must be done with dnsmasq after its files were written."""

    NONE = "none"  # nothing changed, or only additions, which it notices
    RELOAD = "reload"  # something changed or is gone: SIGHUP
    RESTART = "restart"  # the directory is a new one, and dnsmasq watches the old one


@dataclass(frozen=True)
class Content:
    """The content of the files of one dnsmasq."""

    hosts: tuple[str, ...]  # lines of dhcp-host, in the order of their addresses
    options: tuple[str, ...]  # lines of the options file
    faults: tuple[str, ...] = ()  # files that cannot be read; a SIGHUP that is due


@dataclass(frozen=True)
class HostFiles:
    """The hosts directory and the options file of one dnsmasq."""

    files: DnsmasqFiles
    # Of guests' files that were not written.
    failures: list[OSError] = field(default_factory=list, compare=False)

    def read(self) -> Content:
        """Return the content of the files; a file that does not exist counts as empty."""
        texts = self._read_hosts()
        faults = [f"hosts file {name} cannot be read" for name in texts if texts[name] is None]
        lines = [line for text in texts.values() if text for line in text.splitlines()]
        options = self._read_options() if self.files.options.exists() else ""
        if options is None:
            faults.append("options file cannot be read")
            options = ""
        if self._is_closed():
            faults.append("hosts directory cannot be read by dnsmasq")
        if self._is_reload_due():
            faults.append("not reloaded")
        return Content(
            tuple(sorted(lines, key=_by_address)), tuple(options.splitlines()), tuple(faults)
        )

    def write(self, hosts: Iterable[str], options: Iterable[str]) -> Reaction:
        """Write these lines; files that have them already are not touched.

        A guest's file that cannot be written stops no other; see ``failures``.
        """
        is_new = self._create_directory()
        self._open_directory()
        desired = _texts(hosts)
        actual: Mapping[str, str | None] = {} if is_new else self._read_hosts()
        text = _text(options)
        is_other_text = self._read_options() != text
        outdated = [name for name in actual if actual[name] != desired.get(name, "")]
        # What cannot be read here, such as a directory, dnsmasq has not read either.
        if is_other_text or any(actual[name] is not None for name in outdated):
            self._mark_reload(actual[name] or "" for name in outdated)
        for name in outdated:
            if name not in desired:
                with self._going_on():
                    (self.files.hosts / name).unlink(missing_ok=True)
        for name, lines in desired.items():
            if actual.get(name) != lines:
                with self._going_on():
                    _replace(f"{self.files.hosts}/{name}", lines)
        if is_other_text:
            _replace(str(self.files.options), text)
        if is_new:
            return Reaction.RESTART
        return Reaction.RELOAD if self._is_reload_due() else Reaction.NONE

    def request_reload(self) -> None:
        """Mark that a SIGHUP is due: dnsmasq could not read its files for a time."""
        with suppress(OSError):
            self._mark_reload(())

    def list_removed(self, hosts: Iterable[str]) -> list[Guest]:
        """Return the guests whose lines were removed since the last reload.

        :param hosts: the present lines
        """
        removed = (_read(f"{self.files.hosts}/{RELOAD_MARK}") or "").splitlines()
        present = set(map(parse_host, hosts)) if removed else set()
        return [each for each in map(parse_host, removed) if each and each not in present]

    def confirm(self) -> None:
        """Remove the mark: dnsmasq has been started or reloaded since the files were written."""
        (self.files.hosts / RELOAD_MARK).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all files, also those that dnsmasq wrote."""
        for file in (self.files.options, self.files.leases, self.files.pid):
            file.unlink(missing_ok=True)
        # Last, because the directory shows an agent without memory that files are left.
        if self.files.hosts.is_dir():
            for file in self.files.hosts.iterdir():
                with self._going_on():
                    file.unlink(missing_ok=True)
            self.files.hosts.rmdir()

    def _mark_reload(self, removed: Iterable[str]) -> None:
        file = f"{self.files.hosts}/{RELOAD_MARK}"
        with open(file, "a", errors="surrogateescape", opener=open_regular) as mark:
            mark.writelines(f"{text}\n" for text in removed)

    @contextmanager
    def _going_on(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failures.append(error)

    def _is_closed(self) -> bool:
        """Return whether dnsmasq may not read the hosts directory."""
        with suppress(OSError):
            return self.files.hosts.stat().st_mode & READ_AND_ENTER != READ_AND_ENTER
        return False

    def _is_reload_due(self) -> bool:
        return os.path.exists(f"{self.files.hosts}/{RELOAD_MARK}")  # noqa: PTH110 - in each pass

    def _create_directory(self) -> bool:
        """Create the hosts directory; return False if it exists."""
        if self.files.hosts.is_dir():
            return False
        self.files.hosts.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.files.hosts.mkdir()
        self.files.hosts.chmod(0o755)  # whatever the umask is: dnsmasq reads as nobody
        return True

    def _open_directory(self) -> None:
        """Let dnsmasq read the directory, if somebody took the permission away."""
        mode = self.files.hosts.stat().st_mode
        if mode & READ_AND_ENTER != READ_AND_ENTER:
            self.files.hosts.chmod(stat.S_IMODE(mode) | READ_AND_ENTER)
            self._mark_reload(())

    def _read_hosts(self) -> dict[str, str | None]:
        """Return the text of each guest's file by its name; None: it cannot be read."""
        try:
            names = sorted(os.listdir(self.files.hosts))  # noqa: PTH208 - only names are needed
        except OSError:  # none yet, or something else in its place, which write() names
            return {}
        return {name: _read(f"{self.files.hosts}/{name}") for name in names if name[0] != "."}

    def _read_options(self) -> str | None:
        """Return the text of the options file; None: there is none that can be read."""
        return _read(str(self.files.options))


def _texts(hosts: Iterable[str]) -> dict[str, str]:
    """Return the text of each guest's file, which is named after its MAC."""
    lines: dict[str, list[str]] = {}
    for line in hosts:
        lines.setdefault(line.partition(",")[0].replace(":", "-"), []).append(line)
    return {name: _text(own) for name, own in lines.items()}


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def parse_host(line: str) -> Guest | None:
    """Return the guest of a dhcp-host line; None: it is no line of ours."""
    mac, address = line.partition(",")[0], line.rpartition(",")[2]
    with suppress(ValueError):
        return (mac, IPv4Address(address)) if is_mac(mac) else None
    return None


def _by_address(line: str) -> tuple[bytes, str]:
    try:
        return socket.inet_aton(line.rpartition(",")[2]), line
    except (OSError, ValueError):  # no address, or bytes that no text has
        return b"", line


# Each guest's file is read in each full read of the host; with Path objects and a decoder, that
# would take most of the time.


def _read(file: str) -> str | None:
    try:
        return os.fsdecode(read_regular(file, permission=READ))
    except OSError:  # a directory in its place, or dnsmasq may not read it
        return None


def _replace(file: str, text: str) -> None:
    directory, _, name = file.rpartition("/")
    fresh = f"{directory}/.{name}.new"
    with open(fresh, "wb", buffering=0, opener=open_regular) as stream:
        os.fchmod(stream.fileno(), 0o644)
        stream.write(os.fsencode(text))
    os.rename(fresh, file)  # noqa: PTH104
