"""The types of values that become arguments of other programs, dnsmasq above all.

A program that gets a wrong argument does not start, so such a value is refused before anything is
changed on the host.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address

from cloudnet.common import limits
from cloudnet.common.settings.option_types import OptionType

PORT = limits.Bounds(1, 65535)
ANY = "#"  # in dnsmasq's syntax: any domain; the name servers of the node

# [/domain/[domain/…]]server[@source]
_SERVER = re.compile(r"(?:/(?P<domains>[^@]*)/)?(?P<server>[^/@]*)(?:@(?P<source>[^/@]+))?")


class DnsServer(OptionType):
    """A name server in the syntax of dnsmasq's --server; an empty text means none.

    Not a host's name: dnsmasq resolves it at its start, and does not start if that fails.
    """

    expected = (
        "the address of one name server, such as 192.0.2.53 or 192.0.2.53#5353 (more of them: one "
        "line each; for one domain: /example.org/192.0.2.53)"
    )

    def __init__(self) -> None:
        super().__init__("name server")

    def __call__(self, value: object) -> str | None:
        text = str(value).strip()
        if text and not _is_server(text):
            raise ValueError(self.expected)
        return text or None


class AbsolutePath(OptionType):
    """The path of a file or directory, the same whatever directory a program runs in.

    :param empty: whether an empty text means that the option is not set
    """

    def __init__(self, *, empty: bool = False) -> None:
        super().__init__("path")
        self.empty = empty
        self.expected = "an absolute path without control characters"
        if empty:
            self.expected += ", or nothing"

    def __call__(self, value: object) -> str | None:
        text = str(value).strip()
        if not text and self.empty:
            return None
        if not (text.startswith("/") and text.isprintable()):
            raise ValueError(self.expected)
        return text


def _is_server(text: str) -> bool:
    match = _SERVER.fullmatch(text)
    if match is None:
        return False
    domains, server, source = match.group("domains", "server", "source")
    if domains is not None and not all(map(_is_domain, domains.split("/"))):
        return False
    if source is not None and not _is_source(source):
        return False
    is_default = server in {"", ANY} and domains is not None and source is None
    return is_default or _is_endpoint(server)


def _is_domain(text: str) -> bool:
    """Return whether dnsmasq accepts the domain; empty: names without a dot."""
    name = text.removeprefix("*").removeprefix(".")
    return text in {"", "*", ANY} or limits.is_domain_name(name)


def _is_source(text: str) -> bool:
    return limits.is_public_interface_name(text) or _is_endpoint(text)


def _is_endpoint(text: str) -> bool:
    """Return whether the text is an address of one host, with or without ``#port``."""
    address, separator, port = text.partition("#")
    if separator and not (port.isascii() and port.isdigit() and int(port) in PORT):
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        return not (parsed.is_multicast or parsed.is_unspecified)
    return limits.is_unicast_address(parsed)
