"""DNS domains and entries."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.errors import DnsNotFound, FloatingIpDNSExists, Forbidden
from cloudnet.controller.model.dns import PRIVATE, PUBLIC, DnsDomain, DnsEntry
from cloudnet.controller.service.caller import ADMIN, Caller
from tests.fixtures.controller.world import SETTINGS, World, a_world, instance

ADDRESS = IPv4Address("192.0.2.5")
USER = Caller("a", is_admin=False)
INSTANCES = replace(SETTINGS, instance_dns_domain="cloud.example")


def entries(world: World, domain: str | None = None) -> list[tuple[str, str]]:
    return [(entry.name, str(entry.address)) for entry in world.services.dns.list_entries(domain)]


def test_a_name_is_added_changed_and_deleted(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        dns = world.services.dns
        dns.create_domain(DnsDomain("example.org", PUBLIC, None, "a"))
        dns.add_entry(DnsEntry("example.org", "www", ADDRESS, None), USER)
        assert entries(world, "example.org") == [("www", "192.0.2.5")]

        dns.modify_entry("example.org", "www", IPv4Address("192.0.2.6"), USER)
        assert entries(world) == [("www", "192.0.2.6")]

        dns.delete_entry("example.org", "www", USER)
        assert entries(world) == []


def test_a_name_is_in_a_domain_once(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        world.services.dns.create_domain(DnsDomain("example.org", PUBLIC, None, None))
        world.services.dns.add_entry(DnsEntry("example.org", "www", ADDRESS, None))

        with pytest.raises(FloatingIpDNSExists, match=r"www\.example.org exists"):
            world.services.dns.add_entry(DnsEntry("example.org", "www", ADDRESS, None))


def test_what_does_not_exist_is_not_found(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        dns = world.services.dns
        with pytest.raises(DnsNotFound, match=r"there is no DNS domain example\.org"):
            dns.add_entry(DnsEntry("example.org", "www", ADDRESS, None))
        with pytest.raises(DnsNotFound, match="there is no DNS domain"):
            dns.delete_domain("example.org")
        dns.create_domain(DnsDomain("example.org", PUBLIC, None, None))
        with pytest.raises(DnsNotFound, match=r"example\.org has no entry www"):
            dns.delete_entry("example.org", "www")
        with pytest.raises(DnsNotFound, match=r"example\.org has no entry www"):
            dns.modify_entry("example.org", "www", ADDRESS)


def test_a_domain_of_another_project_is_neither_seen_nor_changed(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        dns = world.services.dns
        dns.create_domain(DnsDomain("b.example", PUBLIC, None, "b"))
        dns.create_domain(DnsDomain("all.example", PUBLIC, None, None))

        assert [domain.domain for domain in dns.list_domains(USER)] == ["all.example"]
        assert len(dns.list_domains(ADMIN)) == 2
        with pytest.raises(Forbidden, match=r"DNS domain b\.example does not belong to project a"):
            dns.add_entry(DnsEntry("b.example", "www", ADDRESS, None), USER)


def test_a_domain_that_exists_gets_another_scope_and_keeps_its_entries(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        dns = world.services.dns
        dns.create_domain(DnsDomain("example.org", PUBLIC, None, "a"))
        dns.add_entry(DnsEntry("example.org", "www", ADDRESS, None))
        dns.create_domain(DnsDomain("example.org", PRIVATE, "nova", None))

        assert dns.list_domains() == [DnsDomain("example.org", PRIVATE, "nova", None)]
        assert entries(world) == [("www", "192.0.2.5")]


def test_the_entries_of_a_domain_are_deleted_with_it(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        dns = world.services.dns
        dns.create_domain(DnsDomain("example.org", PUBLIC, None, "a"))
        dns.add_entry(DnsEntry("example.org", "www", ADDRESS, None))
        dns.delete_domain("example.org")

        assert entries(world) == []
        assert dns.list_domains() == []


def test_an_instance_has_its_uuid_and_its_hostname_as_names(tmp_path: Path) -> None:
    with a_world(tmp_path, INSTANCES) as world:
        world.network()
        world.boot(1, hostname="Web_1.site")

        assert entries(world, "cloud.example") == [
            (instance(1), "10.0.0.3"),
            ("web-1", "10.0.0.3"),
        ]

        world.delete(1)
        assert entries(world) == []


def test_a_second_instance_with_the_same_hostname_has_its_uuid_only(tmp_path: Path) -> None:
    with a_world(tmp_path, INSTANCES) as world:
        world.network()
        world.boot(1, hostname="web")
        world.boot(2, hostname="web")

        assert entries(world) == [
            (instance(1), "10.0.0.3"),
            (instance(2), "10.0.0.4"),
            ("web", "10.0.0.3"),
        ]


def test_the_names_of_a_floating_ip_are_deleted_with_its_allocation(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        dns = world.services.dns
        world.services.pools.create(IPv4Network("192.0.2.5/32"))
        address = world.services.floating.allocate(USER, "a", None)
        dns.create_domain(DnsDomain("example.org", PUBLIC, None, "a"))
        dns.add_entry(DnsEntry("example.org", "www", address, None), USER)
        world.services.floating.deallocate(USER, address)

        assert entries(world) == []
