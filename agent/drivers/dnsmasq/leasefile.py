"""The leases that a dnsmasq has written down, and the taking back of one.

A line is ``expiry mac address hostname client-id``. dnsmasq rewrites the file in place, so it may
be caught half written: one of this very moment that is empty or ends within a line is read again.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from ipaddress import IPv4Address
from pathlib import Path

from cloudnet.agent.node.resources.lease import Lease
from cloudnet.common.errors import KernelRefused
from cloudnet.common.limits import MAC_PATTERN

LINE = re.compile(rf"(\d{{1,15}}) ({MAC_PATTERN}) ([0-9.]+) \S+ \S+")
FRESH_SECONDS = 0.05
RELEASE_SECONDS = 2.0


def handed_out(bridge: str, leases: Path) -> Iterator[Lease]:
    """Yield the leases in the file that have not run out."""
    for line in _lines(leases):
        found = LINE.fullmatch(line)
        if found is None:
            continue  # an IPv6 lease, or no Ethernet
        expiry, mac, address = found.groups()
        if expiry == "0" or int(expiry) > time.time():  # 0: it never runs out
            with suppress(ValueError):  # dnsmasq writes no such line; whoever did, not for us
                yield Lease(bridge, IPv4Address(address), mac)


def keep_only(leases: Path, hosts: Iterable[str]) -> None:
    """Take out the leases that are not of these dhcp-host lines, while no dnsmasq has the file.

    They are of guests that went, or of another network that had the bridge, whose leases dnsmasq
    would keep, count and not let be released.
    """
    known = {(line.partition(",")[0], line.rpartition(",")[2]) for line in hosts}
    actual = _lines(leases)
    kept = [
        line
        for line in actual
        if (found := LINE.fullmatch(line)) is None or (found[2], found[3]) in known
    ]
    if kept != actual:
        fresh = leases.with_suffix(".new")
        fresh.write_text("".join(f"{line}\n" for line in kept))
        fresh.rename(leases)


def release(lease: Lease, leases: Path) -> None:
    """Send a DHCPRELEASE in the guest's name, and wait until dnsmasq has taken the lease back.

    dnsmasq heeds it only if the lease is of this very MAC.
    """
    if lease not in handed_out(lease.bridge, leases):
        return
    command = ["dhcp_release", lease.bridge, str(lease.address), lease.mac]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except FileNotFoundError as error:
        raise KernelRefused(
            f"release {lease}: there is no dhcp_release; install the package dnsmasq-utils"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise KernelRefused(f"release {lease}: dhcp_release did not end") from error
    deadline = time.monotonic() + RELEASE_SECONDS
    while lease in handed_out(lease.bridge, leases):
        if time.monotonic() > deadline:
            said = done.stderr.strip().splitlines()[-1:] or ["dnsmasq did not take it back"]
            raise KernelRefused(
                f"release {lease}: {said[0]}; it runs out by itself, or try "
                f"`{' '.join(command)}` by hand"
            )
        time.sleep(0.01)


def _lines(leases: Path) -> list[str]:
    try:
        text = leases.read_text(errors="replace")
        if not text.endswith("\n") and time.time() - leases.stat().st_mtime < FRESH_SECONDS:
            time.sleep(FRESH_SECONDS)
            text = leases.read_text(errors="replace")
    except OSError:  # none yet, or something that is no file: dnsmasq says so itself
        return []
    return text.splitlines()
