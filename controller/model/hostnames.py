"""Names that end up in a guest's DHCP answer: one DNS label, whatever was asked for."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

from cloudnet.common.limits import HOSTNAME_LENGTH

_NOT_A_LETTER = re.compile(r"[^a-z0-9-]+")


def to_dns_label(wanted: str | None) -> str | None:
    """Return the name as one DNS label (RFC 1123), None if nothing of it can be used."""
    if wanted is None:
        return None
    host = wanted.strip().lower().partition(".")[0]
    cleaned = _NOT_A_LETTER.sub("-", host).strip("-")[:HOSTNAME_LENGTH].rstrip("-")
    return cleaned or None


def default_hostname(address: IPv4Address) -> str:
    """Return the name of a guest that was given none."""
    return f"host-{str(address).replace('.', '-')}"
