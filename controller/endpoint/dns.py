"""RPC in from nova's API: DNS domains, and the address records in them."""

from __future__ import annotations

from typing import Any

from cloudnet.common.errors import DnsNotFound, FloatingIpDNSExists, Forbidden, InvalidInput
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments
from cloudnet.controller.endpoint.methods import NETWORK_TARGET, Context, rpc_method
from cloudnet.controller.model import dns
from cloudnet.controller.model.validation import parse_argument


class DnsEndpoint:
    """Topic ``network``: DNS."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        self._dns = services.dns

    @rpc_method()
    def get_dns_domains(self, context: Context) -> list[JsonObject]:
        """Return the domains that the caller may use."""
        domains = self._dns.list_domains(arguments.get_caller(context))
        return [_serialize_domain(domain) for domain in domains]

    @rpc_method("1.0", DnsNotFound, FloatingIpDNSExists)
    def add_dns_entry(
        self, context: Context, address: Any, name: Any, dns_type: Any, domain: Any
    ) -> None:
        """Give an address a name in a domain."""
        if dns_type is not None and str(dns_type).lower() != "a":
            raise InvalidInput(f"dns_type: only A is known, not {dns_type!r}")
        entry = dns.DnsEntry(
            _parse_domain(domain), _parse_name(name), _parse_address(address), None
        )
        self._dns.add_entry(entry, arguments.get_caller(context))

    @rpc_method("1.0", DnsNotFound)
    def modify_dns_entry(self, context: Context, address: Any, name: Any, domain: Any) -> None:
        """Give a name another address."""
        caller = arguments.get_caller(context)
        self._dns.modify_entry(
            _parse_domain(domain), _parse_name(name), _parse_address(address), caller
        )

    @rpc_method("1.0", DnsNotFound)
    def delete_dns_entry(self, context: Context, name: Any, domain: Any) -> None:
        """Delete a name from a domain."""
        caller = arguments.get_caller(context)
        self._dns.delete_entry(_parse_domain(domain), _parse_name(name), caller)

    @rpc_method("1.0", DnsNotFound)
    def get_dns_entries_by_address(self, context: Context, address: Any, domain: Any) -> list[str]:
        """Return the names of an address in a domain."""
        entries = self._dns.list_entries(
            _parse_domain(domain), arguments.get_caller(context), address=_parse_address(address)
        )
        return [entry.name for entry in entries]

    @rpc_method("1.0", DnsNotFound)
    def get_dns_entries_by_name(self, context: Context, name: Any, domain: Any) -> list[str]:
        """Return the addresses of a name in a domain."""
        entries = self._dns.list_entries(
            _parse_domain(domain), arguments.get_caller(context), name=_parse_name(name)
        )
        return [str(entry.address) for entry in entries]

    @rpc_method("1.0", Forbidden)
    def create_private_dns_domain(self, context: Context, domain: Any, av_zone: Any) -> None:
        """Create a domain for the instances of an availability zone, or change it to one."""
        _require_admin(context)
        zone = arguments.parse_optional(arguments.parse_text, "av_zone", av_zone)
        self._dns.create_domain(dns.DnsDomain(_parse_domain(domain), dns.PRIVATE, zone, None))

    @rpc_method("1.0", Forbidden)
    def create_public_dns_domain(self, context: Context, domain: Any, project: Any) -> None:
        """Create a domain for the floating IPs of a project, or change it to one."""
        _require_admin(context)
        owner = arguments.parse_optional(arguments.parse_text, "project", project)
        self._dns.create_domain(dns.DnsDomain(_parse_domain(domain), dns.PUBLIC, None, owner))

    @rpc_method("1.0", DnsNotFound, Forbidden)
    def delete_dns_domain(self, context: Context, domain: Any) -> None:
        """Delete a domain with its entries."""
        _require_admin(context)
        self._dns.delete_domain(_parse_domain(domain))


def _serialize_domain(domain: dns.DnsDomain) -> JsonObject:
    if domain.scope == dns.PRIVATE:
        owner = {"availability_zone": domain.availability_zone}
    else:
        owner = {"project": domain.project_id}
    return {"domain": domain.domain, "scope": domain.scope, **owner}


def _parse_domain(value: Any) -> str:
    return parse_argument("domain", dns.parse_domain, value)


def _parse_name(value: Any) -> str:
    return parse_argument("name", dns.parse_entry_name, value)


def _parse_address(value: Any) -> Any:
    return arguments.parse_host_address("address", value)


def _require_admin(context: Context) -> None:
    caller = arguments.get_caller(context)
    if not caller.is_admin:
        raise Forbidden("DNS domains are an administrator's")
