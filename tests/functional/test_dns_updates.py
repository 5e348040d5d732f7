"""DNS UPDATE to a real named: names follow the database."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.common.settings.views import DnsDriver, DnsServerSettings
from cloudnet.controller.model.clock import utc_now
from cloudnet.controller.model.dns import PRIVATE, PUBLIC, DnsDomain, DnsEntry
from cloudnet.controller.model.dns_updates import Zones
from cloudnet.controller.notify.dns_pusher import DnsPusher
from cloudnet.controller.notify.rfc2136 import UpdatedServer
from cloudnet.controller.service.dns.publication import publish
from cloudnet.controller.service.dns.pushing import PushedNames
from tests.fixtures.agent.host import Host
from tests.fixtures.controller.world import SETTINGS, World, a_world, instance
from tests.fixtures.servers.named import PORT, SECRET, ZONES, Named, build_settings, run_named
from tests.fixtures.waiting import wait_for

SECONDS = 2


@pytest.fixture
def named(host: Host, tmp_path: Path) -> Iterator[Named]:
    with run_named(tmp_path) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    settings = replace(SETTINGS, instance_dns_domain="cloud.example")
    with a_world(tmp_path, settings) as made:
        made.network()
        made.services.dns.create_domain(DnsDomain("cloud.example", PRIVATE, None, None))
        yield made


def build_pusher(world: World, settings: DnsServerSettings | None = None) -> DnsPusher:
    settings = settings or build_settings()
    database = world.services.database
    names = PushedNames(database, private=DnsDriver.RFC2136, public=DnsDriver.DNSMASQ)
    return DnsPusher(names, UpdatedServer(settings), Zones(settings.zones))


@contextmanager
def pushing(world: World) -> Iterator[None]:
    pusher = build_pusher(world)
    pusher.start()
    try:
        yield
    finally:
        pusher.stop()


def change(world: World, name: str, address: str | None = None) -> None:
    """Add, change or delete an entry, and publish it as a controller does after the commit."""
    dns = world.services.dns
    known = dns.list_entries("cloud.example", name=name)
    if address is None:
        dns.delete_entry("cloud.example", name)
    elif known:
        dns.modify_entry("cloud.example", name, IPv4Address(address))
    else:
        dns.add_entry(DnsEntry("cloud.example", name, IPv4Address(address), None))
    publish(world.services.database, utc_now)


def test_names_follow_instances_entries_and_deletions(named: Named, world: World) -> None:
    with pushing(world):
        world.boot(1)
        change(world, "www", "10.9.9.9")
        wait_for(lambda: named.ask("www.cloud.example") == "10.9.9.9", "the name", SECONDS)
        assert named.ask(f"{instance(1)}.cloud.example") == "10.0.0.3"
        assert named.ask_reverse("10.0.0.3") == "host-10-0-0-3.cloud.example"

        change(world, "www", "10.9.9.8")
        wait_for(lambda: named.ask("www.cloud.example") == "10.9.9.8", "the address", SECONDS)
        wait_for(lambda: named.ask_reverse("10.9.9.8") == "www.cloud.example", "its name", SECONDS)
        assert named.ask_reverse("10.9.9.9") == "NXDOMAIN"

        world.delete(1)
        change(world, "www")
        wait_for(lambda: named.ask("www.cloud.example") == "NXDOMAIN", "the deletion", SECONDS)
        assert named.ask(f"{instance(1)}.cloud.example") == "NXDOMAIN"
        wait_for(lambda: named.ask_reverse("10.0.0.3") == "NXDOMAIN", "the reverse one", SECONDS)


def test_what_changed_while_the_server_was_down_is_sent_when_it_is_back(
    named: Named, world: World
) -> None:
    change(world, "a", "10.9.9.1")
    change(world, "b", "10.9.9.2")
    pusher = build_pusher(world)
    assert pusher.push()

    named.stop()
    change(world, "a")
    change(world, "c", "10.9.9.3")
    assert not pusher.push()
    named.start()

    assert pusher.push()
    answers = [named.ask(f"{name}.cloud.example") for name in "abc"]
    assert answers == ["NXDOMAIN", "10.9.9.2", "10.9.9.3"]


def test_a_wrong_key_is_logged_once_and_leaves_the_server_as_it_is(
    named: Named, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    change(world, "a", "10.9.9.1")
    pusher = build_pusher(world, build_settings(secret="d3Jvbmc="))

    with caplog.at_level(logging.WARNING):
        assert not pusher.push()
        assert not pusher.push()

    lines = [record.getMessage() for record in caplog.records]
    server = "server 127.0.0.1, port 5533"
    assert [line.partition(": The peer")[0] for line in lines] == [
        f"DNS zone {zone}: not updated ({server}: it refuses the key"
        for zone in ("10.in-addr.arpa", "cloud.example")
    ]
    assert named.ask("a.cloud.example") == "NXDOMAIN"


def test_a_zone_that_the_server_lacks_keeps_no_other_from_it(named: Named, world: World) -> None:
    world.services.dns.create_domain(DnsDomain("other.example", PRIVATE, None, None))
    world.services.dns.add_entry(DnsEntry("other.example", "x", IPv4Address("10.9.9.4"), None))
    change(world, "a", "10.9.9.1")
    pusher = build_pusher(world, build_settings(zones=()))

    assert not pusher.push()
    assert named.ask("a.cloud.example") == "10.9.9.1"

    world.services.dns.delete_domain("other.example")
    publish(world.services.database, utc_now)
    assert pusher.push()


def test_names_that_were_lost_on_the_server_are_sent_again(named: Named, world: World) -> None:
    change(world, "a", "10.9.9.1")
    change(world, "b", "10.9.9.2")
    pusher = build_pusher(world)
    assert pusher.push()
    world.edit("DELETE FROM dns_entries WHERE name = 'b'")
    world.edit("UPDATE dns_entries SET address = '10.9.9.7' WHERE name = 'a'")
    assert pusher.push()
    assert named.ask("a.cloud.example") == "10.9.9.1"

    world.services.dns.send_all()
    publish(world.services.database, utc_now)

    assert pusher.push()
    assert named.ask("a.cloud.example") == "10.9.9.7"
    assert named.ask("b.cloud.example") == "NXDOMAIN"
    assert named.ask_reverse("10.9.9.2") == "NXDOMAIN"


def test_a_domain_of_another_driver_is_not_sent(named: Named, world: World) -> None:
    world.services.dns.create_domain(DnsDomain("pub.cloud.example", PUBLIC, None, None))
    world.services.dns.add_entry(DnsEntry("pub.cloud.example", "x", IPv4Address("10.9.9.4"), None))
    change(world, "a", "10.9.9.1")

    assert build_pusher(world).push()

    assert named.ask("a.cloud.example") == "10.9.9.1"
    assert named.ask("x.pub.cloud.example") == "NXDOMAIN"
    assert named.ask_reverse("10.9.9.4") == "NXDOMAIN"


def test_a_controller_sends_the_names_that_an_instance_gets(
    named: Named, world: World, tmp_path: Path
) -> None:
    config = tmp_path / "nova.conf"
    zones = "".join(f"zone = {zone}\n" for zone in ZONES)
    config.write_text(
        "[DEFAULT]\ntransport_url = fake://\ninstance_dns_manager = rfc2136\nworkers = 1\n"
        f"[database]\nconnection = {world.settings.database}\n"
        f"[dns]\nserver = 127.0.0.1\nport = {PORT}\n{zones}"
        f"key_name = cloudnet\nkey_secret = {SECRET}\n"
    )
    world.boot(1)
    command = [sys.executable, "-m", "cloudnet.controller", "--config-file", str(config)]

    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as controller:
        try:
            name = "host-10-0-0-3.cloud.example"
            wait_for(lambda: named.ask(name) == "10.0.0.3", "the name", 30)
        finally:
            controller.terminate()
