"""Domains and the address records in them; names are compared without regard to case (RFC 4343)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from cloudnet.common import limits
from cloudnet.common.errors import InvalidInput
from cloudnet.controller.model import hostnames
from cloudnet.controller.model.records import Guest

PRIVATE, PUBLIC = "private", "public"


@dataclass(frozen=True)
class DnsDomain:
    """A row of ``dns_domains``."""

    domain: str
    scope: str  # private: of a zone of compute nodes; public: of a project
    availability_zone: str | None
    project_id: str | None


@dataclass(frozen=True)
class DnsEntry:
    """A row of ``dns_entries``: the address of a name."""

    domain: str
    name: str  # in lower case, without the domain
    address: IPv4Address
    instance_uuid: str | None  # None: a caller added it


DnsKey = tuple[str, str]  # domain and name; without a name: the domain itself


@dataclass(frozen=True)
class NameState:
    """A name as it is now."""

    domain: str
    name: str
    address: IPv4Address | None  # None: it does not exist


def parse_domain(value: object) -> str:
    """Return a domain name in lower case, without the dot at its end."""
    name = value.lower().removesuffix(".") if isinstance(value, str) else ""
    if not limits.is_domain_name(name):
        raise InvalidInput(f"a domain name ({limits.DOMAIN_RULE}) is needed, not {value!r}")
    return name


def parse_entry_name(value: object) -> str:
    """Return the name of an entry in lower case; it may have several labels."""
    return parse_domain(value)


def list_instance_entries(domain: str, guests: Sequence[Guest]) -> list[DnsEntry]:
    """Return the entries of an instance: its uuid and its hostname have its first address.

    :param guests: of one instance, the oldest VIF first
    """
    if not guests:
        return []
    first = guests[0]
    names = [first.instance, first.hostname or hostnames.default_hostname(first.address)]
    return [DnsEntry(domain, name, first.address, first.instance) for name in names]
