"""Calls about DNS domains and the address records in them."""

from __future__ import annotations

from cloudnet.common.client.calls import Calls
from cloudnet.common.client.connection import Context
from cloudnet.common.client.encoding import Address
from cloudnet.common.client.records import DnsDomain


class DnsCalls(Calls):
    """What an API calls for operators and projects."""

    def get_dns_domains(self, context: Context) -> list[DnsDomain]:
        """Return the domains that the context's project may use."""
        domains: list[DnsDomain] = self._call(context, "get_dns_domains")
        return domains

    def add_dns_entry(
        self, context: Context, address: Address, name: str, domain: str, *, dns_type: str = "A"
    ) -> None:
        """Give the address a name in the domain.

        Another call raises ``FloatingIpDNSExists``: it was done.

        :raises DnsNotFound: there is no such domain
        :raises FloatingIpDNSExists: the domain has this name
        """
        self._call(
            context, "add_dns_entry", address=address, name=name, dns_type=dns_type, domain=domain
        )

    def modify_dns_entry(self, context: Context, address: Address, name: str, domain: str) -> None:
        """Give the name another address. Repeatable.

        :raises DnsNotFound: there is no such domain or name
        """
        self._call(context, "modify_dns_entry", address=address, name=name, domain=domain)

    def delete_dns_entry(self, context: Context, name: str, domain: str) -> None:
        """Delete the name. Another call raises ``DnsNotFound``: it was done.

        :raises DnsNotFound: there is no such domain or name
        """
        self._call(context, "delete_dns_entry", name=name, domain=domain)

    def get_dns_entries_by_address(
        self, context: Context, address: Address, domain: str
    ) -> list[str]:
        """Return the names of the address in the domain, without the domain.

        :raises DnsNotFound: there is no such domain
        """
        names: list[str] = self._call(
            context, "get_dns_entries_by_address", address=address, domain=domain
        )
        return names

    def get_dns_entries_by_name(self, context: Context, name: str, domain: str) -> list[str]:
        """Return the addresses of the name in the domain.

        :raises DnsNotFound: there is no such domain
        """
        addresses: list[str] = self._call(
            context, "get_dns_entries_by_name", name=name, domain=domain
        )
        return addresses

    def create_private_dns_domain(
        self, context: Context, domain: str, av_zone: str | None = None
    ) -> None:
        """Create a domain for the instances of an availability zone; an administrator's.

        A domain that exists becomes a private one with this zone. Repeatable.
        """
        self._call(context, "create_private_dns_domain", domain=domain, av_zone=av_zone)

    def create_public_dns_domain(
        self, context: Context, domain: str, project: str | None = None
    ) -> None:
        """Create a domain for the floating IPs of a project; an administrator's.

        A domain that exists becomes a public one with this project. Repeatable.

        :param project: None: every project may use it
        """
        self._call(context, "create_public_dns_domain", domain=domain, project=project)

    def delete_dns_domain(self, context: Context, domain: str) -> None:
        """Delete the domain with its entries; an administrator's.

        Another call raises ``DnsNotFound``: it was done.

        :raises DnsNotFound: there is no such domain
        """
        self._call(context, "delete_dns_domain", domain=domain)
