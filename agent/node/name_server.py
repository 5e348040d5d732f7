"""Pure: the name server of this host, and the domains that are forwarded to it.

A guest queries the dnsmasq of its network, which has the names of this network's guests. That
one forwards queries in a domain of the cloud, or for an address in the same /24 as one of the
cloud's names, to the host's name server. The name server forwards other queries to the name servers
of the host, except those for names in a private domain, which no other server has.
"""

from __future__ import annotations

from collections.abc import Iterator

from cloudnet.agent.node.resources.base import Resource
from cloudnet.agent.node.resources.name_server import (
    ForwardedDomains,
    NameServer,
    NameServerFiles,
)
from cloudnet.common.limits import is_uuid
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import DnsRecord, DnsRecords, DnsZone

ADDRESS = "127.0.0.1"

Row = tuple[int, bool, str, str]  # address as number, whether the name is a uuid, name, address


class NameServerRenderer:
    """Renders the name server; again only when the names change."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings
        self._records: DnsRecords | None = None  # None: nothing was rendered
        self._rendered: tuple[Resource, ...] = ()

    def render(self, records: DnsRecords) -> tuple[Resource, ...]:
        """Return what a host with guests needs to serve these names."""
        if records is not self._records:
            self._records, self._rendered = records, tuple(_render(records, self._settings))
        return self._rendered


def _render(records: DnsRecords, settings: AgentSettings) -> Iterator[Resource]:
    if not settings.names.serves_any:
        return
    zones = [zone for zone in records.zones if settings.names.serves(zone)]
    rows = _list_rows(records.records, {zone.domain for zone in zones})
    if zones:
        text = "".join(f"{address} {name}\n" for _, _, name, address in rows)
        yield NameServer(tuple(_list_arguments(zones, settings)), text)
    reverse = map(_get_reverse_domain, sorted({number >> 8 for number, *_ in rows}))
    server = f"{ADDRESS}#{settings.names.port}"
    domains = (*sorted(zone.domain for zone in zones), *reverse)
    yield ForwardedDomains("".join(f"server=/{each}/{server}\n" for each in domains))


def _list_rows(records: tuple[DnsRecord, ...], domains: set[str]) -> list[Row]:
    """Return the names in the order of dnsmasq's file, which names each address by the first one.

    A hostname comes before a uuid, which each instance has as a name, too.
    """
    return sorted(
        (
            int(record.address),
            is_uuid(record.name),
            f"{record.name}.{record.domain}",
            str(record.address),
        )
        for record in records
        if record.address is not None and record.domain in domains
    )


def _list_arguments(zones: list[DnsZone], settings: AgentSettings) -> Iterator[str]:
    files = NameServerFiles.of(settings.dhcp.networks_path)
    yield from (
        "dnsmasq",
        f"--port={settings.names.port}",
        f"--listen-address={ADDRESS}",
        "--bind-interfaces",
        "--conf-file=",
        f"--pid-file={files.pid}",
        "--no-hosts",
        f"--addn-hosts={files.names}",
    )
    servers = settings.dhcp.dns_servers
    if servers:
        yield "--no-resolv"
    yield from (f"--server={server}" for server in servers)
    private = sorted(zone.domain for zone in zones if not zone.is_public)
    yield from (f"--local=/{domain}/" for domain in private)


def _get_reverse_domain(prefix: int) -> str:
    """Return the domain of the names of a /24.

    :param prefix: the first 24 bits of its addresses
    """
    return f"{prefix & 255}.{prefix >> 8 & 255}.{prefix >> 16}.in-addr.arpa"
