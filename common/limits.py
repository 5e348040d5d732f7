"""The limits of numbers and names on both sides of cloudnet; each rule is defined here only.

Options, the controller's checks and tables, the agent's check of a snapshot and the arguments of
``cloudnet-manage`` all use these, so that no side accepts what another one refuses later.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple


class Bounds(NamedTuple):
    """The lowest and the highest value that a number may have; ``in`` is true of both."""

    lowest: int
    highest: int

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and self.lowest <= value <= self.highest


LARGEST_NUMBER = 2**31 - 1
"""The largest number in a column; a time of so many seconds can still be waited for."""

VLAN_ID = Bounds(1, 4094)
"""802.1Q reserves 0 and 4095."""

MTU = Bounds(576, 65535)
"""Bytes. IPv4 allows 68, but a DHCP reply may have 576 (RFC 2131), and a guest that has no address
yet cannot reassemble fragments."""

REVISION = Bounds(1, 2**62)
"""The database stores a revision as a BIGINT, and the controller stores the revision that a host
reports plus one: half of the BIGINT's range leaves room for that."""

GENERATION = Bounds(0, REVISION.highest)
"""Of a database; stored like a revision."""

HOST_NAME_LENGTH = 255
"""Characters of the name of a node: a part of a queue's name, and a column of the database."""

HOSTNAME_LENGTH = 63
"""Characters of one DNS label (RFC 1035)."""

DOMAIN_LENGTH = 253
"""Characters (RFC 1035, without the final dot)."""

DEVICE_NAME_LENGTH = 15
"""Characters: the kernel's IFNAMSIZ without the final zero byte."""

RESERVED_DEVICE_NAMES = frozenset({"all", "default", "lo"})
"""Under /proc/sys/net the first two mean every device; the third is the loopback device."""

LOOPBACK_DEVICE = "lo"

DEVICE_NAME_RULE = (
    f"1 to {DEVICE_NAME_LENGTH} letters, digits, dots, dashes and underscores, no dot or dash "
    f"first, and none of {', '.join(sorted(RESERVED_DEVICE_NAMES))}"
)

MAC_PATTERN = r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}"
"""A regular expression; lower case, as the kernel and dnsmasq print it."""

UUID_PATTERN = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""A regular expression; the usual form in lower case."""

CHAIN_NAME_RULE = "1 to 28 letters, digits, dots, dashes and underscores, no dot or dash first"
"""The kernel's XT_EXTENSION_MAXNAMELEN without the final zero byte; iptables allows more."""

DOMAIN_RULE = "labels of letters, digits, dashes and underscores, with dots between them"

_NO_HOST_RANGES = tuple(map(IPv4Network, ("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4")))
"""This network, multicast, and reserved with the broadcast address (RFC 6890)."""

UNUSABLE_RANGES = (
    *_NO_HOST_RANGES,
    IPv4Network("127.0.0.0/8"),  # each host's own
    IPv4Network("169.254.0.0/16"),  # never routed, and the metadata service's
)
"""Ranges in which no guest can have a fixed or a floating IP."""

NO_MAC = "00:00:00:00:00:00"
"""What the kernel shows for a device that has no MAC address."""

_MAC = re.compile(MAC_PATTERN)
_CHAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,27}")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_DEVICE_NAME = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.-]{{0,{DEVICE_NAME_LENGTH - 1}}}")
_HOSTNAME = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{HOSTNAME_LENGTH - 2}}}[a-z0-9])?")


def is_device_name(name: str) -> bool:
    """Return whether a bridge or NIC of cloudnet's may have this name.

    The kernel allows more. Without these characters a name is also safe as a file's name, in
    dnsmasq's arguments, and as an iptables interface, where a final ``+`` is a wildcard.
    """
    return name not in RESERVED_DEVICE_NAMES and _DEVICE_NAME.fullmatch(name) is not None


def is_host_name(text: str) -> bool:
    """Return whether a node may have this name: the compute service chooses it."""
    return 1 <= len(text) <= HOST_NAME_LENGTH and text.isprintable() and " " not in text


def is_mac(text: str) -> bool:
    """Return whether the text is a MAC address in lower case."""
    return _MAC.fullmatch(text) is not None


def is_unicast_mac(text: str) -> bool:
    """Return whether the text is the MAC address of one NIC, not of a group."""
    return is_mac(text) and text != NO_MAC and not int(text[:2], 16) & 1


def is_hostname(text: str) -> bool:
    """Return whether the text is one DNS label in lower case (RFC 1123)."""
    return _HOSTNAME.fullmatch(text) is not None


def is_public_interface_name(name: str) -> bool:
    """Return whether floating IPs may be added to a device with this name.

    A cloud of one machine has them on the loopback device.
    """
    return name == LOOPBACK_DEVICE or is_device_name(name)


def is_domain_name(text: str) -> bool:
    """Return whether the text is a domain name that dnsmasq accepts."""
    return len(text) <= DOMAIN_LENGTH and _DOMAIN.fullmatch(text) is not None


def is_chain_name(text: str) -> bool:
    """Return whether an iptables chain or target may have this name."""
    return _CHAIN_NAME.fullmatch(text) is not None


def find_unusable_range(range_: IPv4Network) -> IPv4Network | None:
    """Return the range in which no guest can have an address and which overlaps this one, if any.

    Neither fixed nor floating IPs can be in it.
    """
    return next((unusable for unusable in UNUSABLE_RANGES if unusable.overlaps(range_)), None)


def can_be_floating_ip(address: IPv4Address) -> bool:
    """Return whether one host can have the address for itself, and others can reach it."""
    return find_unusable_range(IPv4Network(address)) is None


def is_unicast_address(address: IPv4Address) -> bool:
    """Return whether one host can have the address, be it only for itself (127.0.0.1)."""
    return not any(address in range_ for range_ in _NO_HOST_RANGES)


def is_uuid(text: object) -> bool:
    """Return whether this is a uuid in its usual form."""
    return isinstance(text, str) and re.fullmatch(UUID_PATTERN, text) is not None
