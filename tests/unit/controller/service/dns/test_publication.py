"""What hosts get of the names in DNS: the changes since the revision that they have."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.common.wire.objects import DnsRecord, DnsRecords, DnsZone, Report
from cloudnet.controller.db.rows import dns_changes
from cloudnet.controller.model.dns import PRIVATE, PUBLIC, DnsDomain, DnsEntry
from cloudnet.controller.service.caller import ADMIN
from cloudnet.controller.service.dns.publication import CAST_REVISIONS, publish
from tests.fixtures.controller.world import SETTINGS, World, a_world, instance

CLOUD = DnsDomain("cloud.example", PRIVATE, None, None)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_world(tmp_path, replace(SETTINGS, instance_dns_domain="cloud.example")) as opened:
        yield opened


def published(world: World) -> DnsRecords | None:
    return publish(world.services.database, world.clock)


def lacking(world: World, known: int | None) -> DnsRecords | None:
    return world.services.hosts.process_report(Report("node1", (), dns=known)).dns


def add(world: World, name: str, address: str = "192.0.2.5") -> None:
    entry = DnsEntry("cloud.example", name, IPv4Address(address), None)
    world.services.dns.add_entry(entry)


def names(update: DnsRecords | None) -> dict[str, str | None]:
    assert update is not None
    return {each.name: each.address and str(each.address) for each in update.records}


def test_a_change_is_published_once_and_with_what_is_true_then(world: World) -> None:
    world.services.dns.create_domain(CLOUD)
    add(world, "www")
    add(world, "mail")
    world.services.dns.modify_entry("cloud.example", "www", IPv4Address("192.0.2.6"))
    world.services.dns.delete_entry("cloud.example", "mail")

    update = published(world)

    assert update is not None
    assert update.zones == (DnsZone("cloud.example", is_public=False),)
    assert update.records == (
        DnsRecord("mail", "cloud.example", None),
        DnsRecord("www", "cloud.example", IPv4Address("192.0.2.6")),
    )
    assert published(world) is None


def test_an_instance_has_names_from_its_boot_to_its_end(world: World) -> None:
    world.network()
    world.boot(1)
    begun = published(world)
    world.delete(1)

    ended = published(world)

    assert set(names(begun).values()) == {"10.0.0.3"}
    assert instance(1) in names(begun)
    assert names(ended) == dict.fromkeys(names(begun))


def test_a_host_gets_what_changed_since_its_revision_or_all(world: World) -> None:
    world.services.dns.create_domain(CLOUD)
    add(world, "a")
    first = published(world)
    add(world, "b")
    add(world, "c")
    second = published(world)
    assert first is not None
    assert second is not None

    patch, whole = lacking(world, first.revision), lacking(world, 0)

    assert patch is not None
    assert (patch.base, names(patch)) == (first.revision, {"b": "192.0.2.5", "c": "192.0.2.5"})
    assert whole is not None
    assert (whole.base, set(names(whole))) == (None, {"a", "b", "c"})
    assert lacking(world, second.revision) is None
    assert lacking(world, None) is None


def test_a_host_of_a_lost_branch_of_the_database_gets_all(world: World) -> None:
    world.services.dns.create_domain(CLOUD)
    add(world, "a")
    update = published(world)
    assert update is not None

    for known in (update.revision - 1, update.revision + 1):
        answer = lacking(world, known)
        assert answer is not None
        assert answer.base is None


def test_a_cast_has_the_changes_of_some_casts_before_it(world: World) -> None:
    world.services.dns.create_domain(CLOUD)
    updates = []
    for number in range(CAST_REVISIONS + 2):
        add(world, f"n{number}")
        updates.append(published(world))

    last = updates[-1]

    assert last is not None
    assert updates[1] is not None
    assert last.base == updates[1].revision
    assert len(last.records) == CAST_REVISIONS


def test_old_changes_are_forgotten(world: World) -> None:
    world.services.dns.create_domain(CLOUD)
    add(world, "a")
    published(world)
    database = world.services.database

    for _ in range(dns_changes.KEPT_REVISIONS + 5):
        keys = [("cloud.example", "a")]
        database.write(lambda connection: dns_changes.add(connection, keys))  # noqa: B023 - at once
        published(world)

    assert world.rows("SELECT count(*) FROM dns_changes") == [(dns_changes.KEPT_REVISIONS,)]


def test_a_domain_that_becomes_public_is_published(world: World) -> None:
    world.services.dns.create_domain(CLOUD)
    published(world)

    world.services.dns.create_domain(replace(CLOUD, scope=PUBLIC))

    update = published(world)
    assert update is not None
    assert update.zones == (DnsZone("cloud.example", is_public=True),)


def test_the_names_of_a_floating_ip_end_with_it(world: World) -> None:
    world.services.pools.create(IPv4Network("203.0.113.5/32"))
    address = world.services.floating.allocate(ADMIN, "a")
    world.services.dns.create_domain(CLOUD)
    add(world, "www", str(address))
    published(world)

    world.services.floating.deallocate(ADMIN, address)

    assert names(published(world)) == {"www": None}


def test_a_name_that_no_host_can_serve_is_left_out(world: World) -> None:
    world.services.dns.create_domain(CLOUD)
    add(world, "a")
    world.edit("UPDATE dns_entries SET name = 'a b'")

    whole = lacking(world, 0)

    assert whole is not None
    assert whole.records == ()


def test_what_was_edited_by_sql_can_be_sent_again(world: World) -> None:
    world.services.dns.create_domain(CLOUD)
    for name in "abc":
        add(world, name)
    before = published(world)
    assert before is not None
    world.edit("UPDATE dns_entries SET address = '192.0.2.9' WHERE name = 'a'")
    world.edit("DELETE FROM dns_entries WHERE name = 'b'")

    world.services.dns.send_all()

    update, answer = published(world), lacking(world, before.revision)
    assert update is not None
    assert update.base is not None
    assert update.base > before.revision  # no host takes the cast, and all report
    assert answer is not None
    assert answer.base is None
    assert names(answer) == {"a": "192.0.2.9", "c": "192.0.2.5"}
