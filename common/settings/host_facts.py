"""What a host knows about itself without being told."""

from __future__ import annotations

import shutil
import socket
import sys
from ipaddress import IPv4Address
from pathlib import Path

LOOPBACK = IPv4Address("127.0.0.1")

DHCPBRIDGE = "cloudnet-dhcpbridge"


def my_ip() -> IPv4Address:
    """Return the address that packets to the world would carry; no packet is sent to find out.

    Connecting a UDP socket only makes the kernel choose a route, and with it a source address.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("8.8.8.8", 80))
        except OSError:
            return LOOPBACK
        return IPv4Address(probe.getsockname()[0])


def hostname() -> str:
    """Return this host's name as the kernel has it."""
    return socket.gethostname()


def own_dhcpbridge() -> Path | None:
    """Return where cloudnet's lease script is installed: beside this program, or on PATH."""
    for program in (sys.executable, sys.argv[0]):
        candidate = Path(program).absolute().parent / DHCPBRIDGE
        if candidate.is_file():
            return candidate
    found = shutil.which(DHCPBRIDGE)
    return None if found is None else Path(found)
