"""The client's calls to a controller: every method takes typed values and returns what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from cloudnet.client import (
    CloudnetError,
    InstanceNotFound,
    NetworkAPI,
    NotWired,
    RequestedNetwork,
    fixed_ips,
    floating_ips,
    get_mtu,
)
from cloudnet.common import rpc
from cloudnet.common.wire.objects import Fault
from cloudnet.controller.endpoint import network_endpoints
from tests.fixtures.controller.world import SETTINGS, World, a_world, instance
from tests.fixtures.typed_values import find_mismatch

URL = "kombu+memory://"  # it encodes messages, which fake:// does not
ADMIN = {"is_admin": True}
TENANT = {"project_id": "a", "is_admin": False, "request_id": "req-1", "user_id": "u"}
NOT_CALLS = {"close", "ping", "wait_until_wired"}


class CheckedApi:
    """A client that compares each reply with the type that the method promises."""

    def __init__(self, api: NetworkAPI) -> None:
        self._api = api
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._api, name)
        hint = get_type_hints(method)["return"]

        def call(*arguments: Any, **named: Any) -> Any:
            reply = method(*arguments, **named)
            self.called.add(name)
            assert find_mismatch(reply, hint, name) is None
            return reply

        return call


@contextmanager
def open_cloud(folder: Path) -> Iterator[tuple[World, NetworkAPI]]:
    with ExitStack() as stack:
        transport = rpc.create_transport(rpc.get_default_conf(), URL, folder.name)
        world = stack.enter_context(a_world(folder, SETTINGS))
        endpoints = network_endpoints(world.services)
        server = rpc.create_server(transport, rpc.NETWORK_TOPIC, "controller", endpoints)
        server.start()
        stack.callback(server.wait)
        stack.callback(server.stop)
        yield world, stack.enter_context(NetworkAPI(URL, control_exchange=folder.name))


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[World, NetworkAPI]]:
    with open_cloud(tmp_path) as opened:
        yield opened


def test_every_method_returns_the_type_that_it_promises(cloud: tuple[World, NetworkAPI]) -> None:
    world, plain = cloud
    api = CheckedApi(plain)

    use_networks(api)
    [network] = api.create_networks(
        ADMIN, "private", cidr=IPv4Network("10.9.0.0/24"), project_id="a", mtu=1450,
        cidr_v6=IPv6Network("fd00::/64"), allowed_start=IPv4Address("10.9.0.10"),
    )  # fmt: skip
    use_instance(api, world, network["uuid"])
    world.services.pools.create(IPv4Network("203.0.113.8/29"))
    use_floating_ips(api)
    use_dns(api)
    use_migrations(api, world)
    api.deallocate_for_instance(TENANT, instance(1), "a", "node1")
    plain.ping()

    public = {name for name in dir(NetworkAPI) if not name.startswith("_")}
    assert public - NOT_CALLS - api.called == set()


def use_networks(api: CheckedApi) -> None:
    made = api.create_networks(ADMIN, "many", cidr="10.0.0.0/16", num_networks=2, network_size=256)
    first, second = (each["uuid"] for each in made)
    api.associate(ADMIN, first, {"host": "node2", "project": "b"})
    api.add_network_to_project(ADMIN, "b", second)
    assert api.set_network_host(ADMIN, first) == "node2"
    assert api.get_network(ADMIN, first)["project_id"] == "b"
    api.disassociate_network(ADMIN, first)
    api.delete_network(ADMIN, uuid=first)
    api.delete_network(ADMIN, fixed_range=IPv4Network(made[1]["cidr"]), require_disassociated=False)
    assert api.get_all_networks(ADMIN) == []


def use_instance(api: CheckedApi, world: World, network: str) -> None:
    wanted = RequestedNetwork(network, IPv4Address("10.9.0.20"), "front")
    api.validate_networks(TENANT, [wanted])
    [vif] = api.allocate_for_instance(
        TENANT, instance(1), "a", "node1", requested_networks=[wanted],
        macs={"fa:16:3e:00:00:01"}, hostname="vm1", rxtx_factor=1.5,
    )  # fmt: skip
    assert get_mtu(vif) == 1450
    assert [ip["address"] for ip in fixed_ips([vif])] == ["10.9.0.20", "fd00::f816:3eff:fe00:1"]
    world.sync("node1")
    assert api.get_instance_nw_info(TENANT, instance(1), "node1")[0]["active"] is True
    assert api.explain_unwired(TENANT, instance(1)) == []
    [record] = api.get_vifs_by_instance(TENANT, instance(1))
    assert (record["tag"], record["net_uuid"]) == ("front", network)
    assert api.get_vif_by_mac_address(ADMIN, "fa:16:3e:00:00:01") == record
    assert api.get_vif_by_mac_address(ADMIN, "fa:16:3e:00:00:02") is None
    fixed = api.get_fixed_ip_by_address(TENANT, IPv4Address("10.9.0.20"))
    assert api.get_fixed_ip(TENANT, fixed["id"]) == fixed
    assert api.get_fixed_ip_by_address(ADMIN, "10.9.0.77")["id"] is None
    found = api.get_instance_uuids_by_ip_filter(ADMIN, {"ip": r"10\.9\."})
    assert found == [{"instance_uuid": instance(1), "ip": "10.9.0.20"}]
    more = api.add_fixed_ip_to_instance(TENANT, instance(1), network)
    assert len(fixed_ips(more)) == 3
    assert api.allocate_fixed_ip(TENANT, instance(1), network, address="10.9.0.30") == "10.9.0.30"
    for address in (ip["address"] for ip in fixed_ips(more) if ip["version"] == 4):
        if address != "10.9.0.20":
            api.remove_fixed_ip_from_instance(TENANT, instance(1), IPv4Address(address))
    api.remove_fixed_ip_from_instance(TENANT, instance(1), "10.9.0.30")


def use_floating_ips(api: CheckedApi) -> None:
    assert api.get_floating_ip_pools(TENANT) == [{"name": "nova"}]
    floating = api.allocate_floating_ip(TENANT, "a", "nova")
    fixed = IPv4Address("10.9.0.20")
    assert api.associate_floating_ip(TENANT, IPv4Address(floating), fixed) is None
    assert api.associate_floating_ip(TENANT, floating, fixed) is None  # repeated
    info = api.get_instance_nw_info(TENANT, instance(1))
    assert [ip["address"] for ip in floating_ips(info)] == [floating]
    record = api.get_floating_ip_by_address(TENANT, floating)
    assert record["instance_uuid"] == instance(1)
    assert api.get_floating_ip(TENANT, record["id"]) == record
    assert api.get_floating_ips_by_project(TENANT) == [record]
    assert api.get_floating_ips_by_fixed_address(TENANT, fixed) == [floating]
    assert api.get_instance_id_by_floating_address(TENANT, floating) == instance(1)
    api.disassociate_floating_ip(TENANT, floating)
    api.deallocate_floating_ip(TENANT, floating)


def use_dns(api: CheckedApi) -> None:
    api.create_private_dns_domain(ADMIN, "inside.example", "zone1")
    api.create_public_dns_domain(ADMIN, "example.org", "a")
    assert [each["scope"] for each in api.get_dns_domains(ADMIN)] == ["public", "private"]
    api.add_dns_entry(TENANT, IPv4Address("203.0.113.9"), "www", "example.org")
    api.modify_dns_entry(TENANT, "203.0.113.10", "www", "example.org")
    assert api.get_dns_entries_by_name(TENANT, "www", "example.org") == ["203.0.113.10"]
    assert api.get_dns_entries_by_address(TENANT, "203.0.113.10", "example.org") == ["www"]
    api.delete_dns_entry(TENANT, "www", "example.org")
    api.delete_dns_domain(ADMIN, "inside.example")


def use_migrations(api: CheckedApi, world: World) -> None:
    api.setup_networks_on_host(TENANT, instance(1), "node2")
    api.migrate_instance_start(ADMIN, instance(1), source="node1", dest="node2")
    api.migrate_instance_finish(ADMIN, instance(1), "node2", source="node1")
    api.setup_networks_on_host(TENANT, instance(1), "node1", teardown=True)
    assert world.one("SELECT host FROM instances") == "node2"


def test_an_error_is_caught_by_the_class_that_the_client_exports(
    cloud: tuple[World, NetworkAPI],
) -> None:
    _, api = cloud

    with pytest.raises(InstanceNotFound, match=instance(7)):
        api.get_instance_nw_info(ADMIN, instance(7))


def test_the_reasons_of_a_host_reach_who_waits_for_it(cloud: tuple[World, NetworkAPI]) -> None:
    world, api = cloud
    api.create_networks(ADMIN, "private", network_size=256)
    api.allocate_for_instance({}, instance(1), "a", "node1")
    world.report("node1", faults=(Fault(None, "bridge br100: eth0 is missing"),))

    with pytest.raises(NotWired, match=r"network private is not wired after 0.5 s: .*eth0 is miss"):
        api.wait_until_wired({}, instance(1), timeout=0.5)

    assert any("eth0 is missing" in reason for reason in api.explain_unwired({}, instance(1)))
    assert len(api.get_instance_nw_info({}, instance(1))) == 1  # it stays


def test_a_repeated_call_does_or_says_what_the_page_has(cloud: tuple[World, NetworkAPI]) -> None:
    world, api = cloud
    world.services.pools.create(IPv4Network("203.0.113.8/29"))
    made = api.create_networks(ADMIN, "many", num_networks=2, network_size=256)
    one, two = (each["uuid"] for each in made)
    api.add_network_to_project(ADMIN, "a", one)
    api.create_public_dns_domain(ADMIN, "example.org")
    api.allocate_for_instance(ADMIN, instance(1), "a", "node1")
    address = api.allocate_fixed_ip(ADMIN, instance(1), one, address="10.0.0.30")
    floating = api.allocate_floating_ip(ADMIN, "a")

    for name, arguments, expected in (
        ("allocate_for_instance", (instance(1), "a", "node1"), "same"),
        ("add_network_to_project", ("b", two), "same"),
        ("set_network_host", (two,), "same"),
        ("associate", (two, {"host": "node2"}), "same"),
        ("setup_networks_on_host", (instance(1), "node2"), "same"),
        ("migrate_instance_finish", (instance(1), "node2"), "same"),
        ("remove_fixed_ip_from_instance", (instance(1), address), "FixedIpNotFoundForSpecific"),
        ("associate_floating_ip", (floating, "10.0.0.3"), "same"),
        ("disassociate_floating_ip", (floating,), "FloatingIpNotAssociated"),
        ("deallocate_floating_ip", (floating,), "same"),
        ("create_private_dns_domain", ("inside.example",), "same"),
        ("add_dns_entry", ("203.0.113.9", "www", "example.org"), "FloatingIpDNSExists"),
        ("modify_dns_entry", ("203.0.113.10", "www", "example.org"), "same"),
        ("delete_dns_entry", ("www", "example.org"), "DnsNotFound"),
        ("delete_dns_domain", ("example.org",), "DnsNotFound"),
        ("deallocate_for_instance", (instance(1), "a", "node2"), "same"),
        ("disassociate_network", (two,), "same"),
        ("delete_network", (None, two), "NetworkNotFoundForUUID"),
    ):
        actual = describe_repeated(partial(getattr(api, name), ADMIN, *arguments))
        assert (name, actual[: len(expected)]) == (name, expected)


def describe_repeated(call: Callable[[], object]) -> str:
    """Make a call twice; return how the second one ends."""
    first = call()
    try:
        second = call()
    except CloudnetError as error:
        return type(error).__name__
    return "same" if second == first else f"{second!r} instead of {first!r}"
