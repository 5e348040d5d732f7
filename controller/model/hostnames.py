"""Hostnames in DHCP replies: one DNS label each, whatever the caller requests."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

from cloudnet.common.limits import HOSTNAME_LENGTH

_NOT_A_LETTER = re.compile(r"[^a-z0-9-]+")


def to_dns_label(name: str | None) -> str | None:
    """Return a name as one DNS label (RFC 1123), or None if no part of it can be used."""
    if name is None:
        return None
    host = name.strip().lower().partition(".")[0]
    cleaned = _NOT_A_LETTER.sub("-", host).strip("-")[:HOSTNAME_LENGTH].rstrip("-")
    return cleaned or None


def default_hostname(address: IPv4Address) -> str:
    """Return the hostname of a guest whose caller requests none."""
    return f"host-{str(address).replace('.', '-')}"
