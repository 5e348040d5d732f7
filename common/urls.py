"""The hosts that a transport URL or a database URL names, and their addresses."""

from __future__ import annotations

import re
import socket


def list_hosts(url: str) -> list[str]:
    """Return the names or addresses of the hosts in a URL; there may be several, with commas."""
    _, _, rest = url.partition("://")
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    hosts = (part.rpartition("@")[2].partition(":")[0] for part in authority.split(","))
    return [host for host in hosts if host]


def resolve(name: str) -> list[str]:
    """Return the IPv4 addresses of a host; none if its name cannot be resolved."""
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the latter: a label that is empty or too long
        return []
    return [str(address[0]) for *_, address in found]
