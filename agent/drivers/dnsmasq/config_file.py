"""What the operator's file for dnsmasq must not contain, which no ``dnsmasq --test`` shows.

Some lines in a file override an argument of cloudnet's: the process that they start serves, but
nobody finds it, or its leases, again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cloudnet.common.regular_file import read_regular

DETACH = "dnsmasq must detach"
OWN_FILE = "cloudnet gives each dnsmasq its own"
CONFLICTS = {
    "no-daemon": DETACH,
    "keep-in-foreground": DETACH,
    "pid-file": OWN_FILE,
    "dhcp-leasefile": OWN_FILE,
    "leasefile-ro": "cloudnet reads the leases from dnsmasq's file",
}
DEEPEST = 5  # files that files include


def find_conflict(file: Path) -> str | None:
    """Return a complaint about a line of the file, or of one that it includes, if any."""
    for included, number, line in _list_lines(file, 0):
        name = line.partition("=")[0].strip()
        if name in CONFLICTS:
            return f"{name} at line {number} of {included}: {CONFLICTS[name]}"
    return None


def _list_lines(file: Path, depth: int) -> Iterator[tuple[Path, int, str]]:
    """Yield the lines without comments, with their files and numbers."""
    try:
        lines = read_regular(file).decode(errors="replace").splitlines()
    except OSError:  # dnsmasq says why
        return
    for number, text in enumerate(lines, 1):
        line = text.partition("#")[0].strip()
        yield file, number, line
        if depth < DEEPEST:
            for included in _list_included(line):
                yield from _list_lines(included, depth + 1)


def _list_included(line: str) -> Iterator[Path]:
    name, _, value = (part.strip() for part in line.partition("="))
    words = [word.strip() for word in value.split(",")]
    if name == "conf-file":
        yield Path(words[0])
    elif name == "conf-dir":
        yield from _list_directory(Path(words[0]), words[1:])


def _list_directory(directory: Path, suffixes: list[str]) -> Iterator[Path]:
    """Yield the files that dnsmasq reads in a directory: ``*.conf`` includes, ``.bak`` excludes."""
    included = tuple(each.removeprefix("*") for each in suffixes if each.startswith("*"))
    excluded = tuple(each for each in suffixes if not each.startswith("*"))
    try:
        files = sorted(directory.iterdir())
    except OSError:
        return
    for file in files:
        is_hidden = file.name.startswith((".", "#")) or file.name.endswith("~")
        is_named = not included or file.name.endswith(included)
        if is_named and not is_hidden and not file.name.endswith(excluded):
            yield file
