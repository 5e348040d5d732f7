"""Facts about this host that options default to."""

from __future__ import annotations

import shutil
import socket
import sys
from ipaddress import IPv4Address
from pathlib import Path

DHCPBRIDGE = "cloudnet-dhcpbridge"


def find_my_ip() -> IPv4Address:
    """Return the source address of packets that leave by the default route, or 127.0.0.1.

    No packet is sent: connecting a UDP socket only makes the kernel choose a route, and with it a
    source address.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("8.8.8.8", 80))
        except OSError:
            return IPv4Address("127.0.0.1")
        return IPv4Address(probe.getsockname()[0])


def get_hostname() -> str:
    """Return this host's name from the kernel."""
    return socket.gethostname()


def find_own_dhcpbridge() -> Path | None:
    """Return cloudnet's lease script beside this program or on PATH, None if there is none."""
    for program in (sys.executable, sys.argv[0]):
        candidate = Path(program).absolute().parent / DHCPBRIDGE
        if candidate.is_file():
            return candidate
    found = shutil.which(DHCPBRIDGE)
    return None if found is None else Path(found)
