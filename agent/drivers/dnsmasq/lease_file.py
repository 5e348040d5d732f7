"""The file of leases that a dnsmasq keeps.

A line is ``expiry mac address hostname client-id``. dnsmasq rewrites the file in place, so a reader
may find it half written: one that is of this very moment and ends within a line is read again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from ipaddress import IPv4Address
from pathlib import Path

from cloudnet.agent.node.resources.lease import Lease
from cloudnet.common.regular_file import read_regular, write_regular

LINE = re.compile(r"(\d{1,15}) ((?:[0-9a-f]{2}:){5}[0-9a-f]{2}) ([0-9.]+) \S+ \S+")
FRESH_SECONDS = 0.05


def list_leases(
    bridge: str, file: Path, pause: Callable[[float], None] = time.sleep
) -> Iterator[Lease]:
    """Yield the leases in the file that have not expired.

    :param pause: waits until dnsmasq has written the rest of the file
    """
    for line in _read_lines(file, pause):
        found = LINE.fullmatch(line)
        if found is None:
            continue  # an IPv6 lease, or not of an Ethernet device
        expiry, mac, address = found.groups()
        if expiry == "0" or int(expiry) > time.time():  # 0: it never expires
            with suppress(ValueError):  # an impossible address, which dnsmasq does not write
                yield Lease(bridge, IPv4Address(address), mac)


def remove_other_leases(file: Path, hosts: Iterable[str]) -> None:
    """Remove the leases that belong to none of these dhcp-host lines; dnsmasq must not run.

    They are of guests that are gone, or of another network that had the bridge. dnsmasq would keep
    and count them and not let them be released.
    """
    known = {(line.partition(",")[0], line.rpartition(",")[2]) for line in hosts}
    lines = _read_lines(file, time.sleep)
    kept = [
        line
        for line in lines
        if (found := LINE.fullmatch(line)) is None or (found[2], found[3]) in known
    ]
    if kept != lines:
        write_leases(file, "".join(f"{line}\n" for line in kept))


def write_leases(file: Path, text: str) -> None:
    """Replace the file; dnsmasq reads it only when it starts."""
    fresh = file.with_suffix(".new")
    write_regular(fresh, text)
    fresh.rename(file)


def _read_lines(file: Path, pause: Callable[[float], None]) -> list[str]:
    try:
        text = read_regular(file).decode(errors="replace")
        if not text.endswith("\n") and time.time() - file.stat().st_mtime < FRESH_SECONDS:
            pause(FRESH_SECONDS)
            text = read_regular(file).decode(errors="replace")
    except OSError:  # no file yet, or something else in its place, which dnsmasq reports
        return []
    return text.splitlines()
