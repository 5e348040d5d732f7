"""Pure: what a DNS server must have of the cloud's names, as sets of records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from cloudnet.common.limits import is_uuid
from cloudnet.controller.model.dns import DnsEntry, NameState


@dataclass(frozen=True)
class RecordSet:
    """The one record of a type that a name has."""

    zone: str
    name: str  # with its domain
    kind: str  # A or PTR
    value: str | None  # None: the name has none


@dataclass(frozen=True)
class Zones:
    """The zones of the server; without any, each domain is a zone."""

    names: tuple[str, ...]

    def find(self, name: str, domain: str | None = None) -> str | None:
        """Return the zone that a name belongs to; None: none of the server's.

        :param domain: of the name; None: it is a reverse name
        """
        if not self.names:
            return domain
        found = [zone for zone in self.names if f".{name}".endswith(f".{zone}")]
        return max(found, key=len, default=None)


def get_full_name(name: NameState | DnsEntry) -> str:
    """Return a name with its domain."""
    return f"{name.name}.{name.domain}"


def list_forward(states: Iterable[NameState], zones: Zones) -> Iterator[RecordSet]:
    """Yield the address records of names."""
    for state in states:
        name = get_full_name(state)
        zone = zones.find(name, state.domain)
        if zone is not None:
            yield RecordSet(zone, name, "A", None if state.address is None else str(state.address))


def list_reverse(
    addresses: Iterable[IPv4Address], entries: Sequence[DnsEntry], zones: Zones
) -> Iterator[RecordSet]:
    """Yield the reverse records of addresses.

    :param entries: of these addresses
    """
    first = _select_first(entries)
    for address in sorted(addresses):
        zone = zones.find(address.reverse_pointer)
        if zone is not None:
            yield RecordSet(zone, address.reverse_pointer, "PTR", first.get(address))


def _select_first(entries: Iterable[DnsEntry]) -> Mapping[IPv4Address, str]:
    """Return one name for each address: a hostname before a uuid, as hosts do."""
    ordered = sorted(
        entries, key=lambda each: (is_uuid(each.name), get_full_name(each)), reverse=True
    )
    return {each.address: get_full_name(each) for each in ordered}
