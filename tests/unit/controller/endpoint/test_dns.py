"""nova's methods of DNS."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudnet.common.errors import Forbidden, InvalidInput
from cloudnet.controller.endpoint.dns import DnsEndpoint
from tests.fixtures.controller.world import a_world

ADMIN = {"is_admin": True}
USER = {"is_admin": False, "project_id": "a"}


def test_entries_are_found_by_name_and_by_address(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        dns = DnsEndpoint(world.services)
        dns.create_public_dns_domain(ADMIN, "example.org", "a")
        dns.add_dns_entry(USER, "192.0.2.5", "www", "A", "example.org")
        dns.add_dns_entry(USER, "192.0.2.5", "Mail", "a", "example.org")
        dns.modify_dns_entry(USER, "192.0.2.6", "mail", "example.org")

        assert dns.get_dns_entries_by_name(USER, "WWW", "example.org") == ["192.0.2.5"]
        assert dns.get_dns_entries_by_address(USER, "192.0.2.6", "example.org") == ["mail"]
        dns.delete_dns_entry(USER, "www", "example.org")
        assert dns.get_dns_entries_by_name(USER, "www", "example.org") == []


def test_domains_have_novas_form(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        dns = DnsEndpoint(world.services)
        dns.create_private_dns_domain(ADMIN, "private.example", "nova")
        dns.create_public_dns_domain(ADMIN, "public.example", "a")

        assert dns.get_dns_domains(ADMIN) == [
            {"domain": "private.example", "scope": "private", "availability_zone": "nova"},
            {"domain": "public.example", "scope": "public", "project": "a"},
        ]
        dns.delete_dns_domain(ADMIN, "public.example")
        assert len(dns.get_dns_domains(ADMIN)) == 1


def test_domains_are_an_administrators(tmp_path: Path) -> None:
    with a_world(tmp_path) as world, pytest.raises(Forbidden):
        DnsEndpoint(world.services).create_public_dns_domain(USER, "example.org", "a")


@pytest.mark.parametrize(
    ("name", "dns_type", "why"),
    [(None, "A", "name: a domain name"), ("www", "AAAA", "dns_type: only A is known")],
)
def test_ill_formed_entries_are_refused(
    tmp_path: Path, name: str | None, dns_type: str, why: str
) -> None:
    with a_world(tmp_path) as world:
        dns = DnsEndpoint(world.services)
        dns.create_public_dns_domain(ADMIN, "example.org", None)
        with pytest.raises(InvalidInput, match=why):
            dns.add_dns_entry(ADMIN, "192.0.2.5", name, dns_type, "example.org")
        assert world.rows("SELECT * FROM dns_entries") == []
