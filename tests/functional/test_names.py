"""Names in DNS as guests resolve them, by their network's dnsmasq and the host's name server."""

import os
import signal
import socket
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from cloudnet.agent.drivers.kernel import LinuxKernel
from cloudnet.common.settings.views import NameSettings
from cloudnet.common.wire.objects import (
    DnsRecord,
    DnsRecords,
    DnsZone,
    FixedRanges,
    GuestName,
    NetworkSnapshot,
    ReportReply,
    Topology,
)
from tests.fixtures.agent.host import Host, settings
from tests.fixtures.agent.real_node import RealNode
from tests.fixtures.agent.resolver import Resolver, resolver
from tests.fixtures.agent.snapshots import OTHER, PRIVATE, network, vif
from tests.fixtures.waiting import wait_for

PRIVATE_ZONE, PUBLIC_ZONE = DnsZone("cloud.example", False), DnsZone("pub.example", True)
INSTANCE = "00000000-0000-0000-0000-000000000003"
SECONDS = 2


def record(name: str, address: str | None, domain: str = "cloud.example") -> DnsRecord:
    return DnsRecord(name, domain, None if address is None else IPv4Address(address))


RECORDS = (
    record(INSTANCE, "10.0.0.3"),
    record("vm3", "10.0.0.3"),
    record("vm7", "10.0.4.7"),
    record("www", "192.0.2.7", "pub.example"),
)


NAMES = DnsRecords(5, None, (PRIVATE_ZONE, PUBLIC_ZONE), RECORDS)


def served(uuid: str, last: int, address: str) -> NetworkSnapshot:
    changes = {"host": "here", "topology": Topology.FLATDHCP, "vlan": None, "dns": ()}
    return network(uuid, vifs=(vif(last, address),), **changes)


NETWORKS = (served(PRIVATE, 3, "10.0.0.3"), served(OTHER, 7, "10.0.4.7"))


def receive(node: RealNode, records: DnsRecords) -> None:
    """Take names as the controller's reply brings them, and do a pass."""
    reply = ReportReply(FixedRanges(1, (IPv4Network("10.0.0.0/20"),)), NETWORKS, dns=records)
    node.store.put_reply(reply)
    assert node.reconciler.reconcile().faults == ()


def patch(node: RealNode, *records: DnsRecord) -> None:
    """Take names that changed as a cast brings them, and do a pass."""
    dns = node.store.desired().dns
    assert dns is not None
    update = replace(dns, revision=dns.revision + 1, base=dns.revision, records=records)
    assert node.store.put_dns(update)
    node.reconciler.reconcile(read=False)


def build_node(host: Host) -> RealNode:
    return RealNode.on(host, names=NameSettings(5380, private=True, public=True))


@pytest.fixture
def node(host: Host) -> RealNode:
    host.nic("eth1")
    built = build_node(host)
    receive(built, NAMES)
    return built


@pytest.fixture
def vm3(host: Host, node: RealNode) -> Iterator[Resolver]:
    with resolver(host, "br100", "10.0.0.3", "10.0.0.1") as guest:
        wait_for(lambda: guest.ask("vm3.cloud.example") == "10.0.0.3", "the bridge", 10)
        yield guest


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_guest_resolves_names_and_addresses_of_the_cloud(vm3: Resolver, transport: str) -> None:
    expected = {
        "vm3.cloud.example": "10.0.0.3",
        f"{INSTANCE}.cloud.example": "10.0.0.3",
        "vm7.CLOUD.example": "10.0.4.7",
        "www.pub.example": "192.0.2.7",
        "10.0.0.3": "vm3.cloud.example",
        "10.0.4.7": "vm7.cloud.example",
        "192.0.2.7": "www.pub.example",
        "none.cloud.example": "NXDOMAIN",
    }

    answers = {each: vm3.ask(each, transport) for each in expected}

    assert answers == expected


def test_a_guest_resolves_no_name_of_another_network_in_the_domain_of_dhcp(
    host: Host, vm3: Resolver
) -> None:
    assert vm3.ask("vm7.novalocal") in {"REFUSED", "NXDOMAIN"}


def test_a_name_follows_its_address_and_its_deletion(node: RealNode, vm3: Resolver) -> None:
    patch(node, record("vm7", "10.0.0.9"), record("vm3", None), record("new", "203.0.113.5"))

    wait_for(lambda: vm3.ask("vm7.cloud.example") == "10.0.0.9", "the new address", SECONDS)
    assert vm3.ask("vm3.cloud.example") == "NXDOMAIN"
    assert vm3.ask("10.0.0.9") == "vm7.cloud.example"
    assert vm3.ask("203.0.113.5") == "new.cloud.example"  # a /24 that had no names before


def test_the_name_server_outlives_the_agent_and_is_found_again(host: Host, node: RealNode) -> None:
    before = host.dnsmasq_pids()
    (host.networks_path / "cloudnet-dns" / "pid").unlink()

    host.restart_the_agent()
    again = build_node(host)

    assert again.reconciler.reconcile().faults == ()
    assert host.dnsmasq_pids() == before
    assert int((host.networks_path / "cloudnet-dns" / "pid").read_text()) in before


def test_the_name_server_of_a_former_networks_path_is_replaced(host: Host, node: RealNode) -> None:
    agent = settings(host.state_path)
    dhcp = replace(agent.dhcp, networks_path=host.networks_path / "new")
    former = int((host.networks_path / "cloudnet-dns" / "pid").read_text())

    host.kernel.close()
    host.kernel = LinuxKernel(replace(agent, dhcp=dhcp))
    moved = RealNode.on(host, names=NameSettings(5380, private=True, public=True), dhcp=dhcp)

    assert moved.reconciler.reconcile().faults == ()
    assert former not in host.dnsmasq_pids()
    assert int((dhcp.networks_path / "cloudnet-dns" / "pid").read_text()) in host.dnsmasq_pids()


def test_an_ended_name_server_and_lost_files_are_repaired(
    host: Host, node: RealNode, vm3: Resolver
) -> None:
    pid = int((host.networks_path / "cloudnet-dns" / "pid").read_text())
    os.kill(pid, signal.SIGKILL)
    (host.networks_path / "cloudnet-dns" / "servers").unlink()

    wait_for(host.kernel.has_drifted, "the drift", SECONDS)

    def is_repaired() -> bool:
        node.reconciler.reconcile()  # the file may be missed before the process has ended
        return vm3.ask("vm7.cloud.example") == "10.0.4.7"

    wait_for(is_repaired, "the answer", SECONDS)
    assert node.reconciler.reconcile().faults == ()


def test_a_stopped_name_server_goes_on(host: Host, node: RealNode, vm3: Resolver) -> None:
    pid = int((host.networks_path / "cloudnet-dns" / "pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    stat = Path(f"/proc/{pid}/stat")
    wait_for(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "the stop", SECONDS)

    node.reconciler.reconcile()

    assert vm3.ask("vm7.cloud.example") == "10.0.4.7"


def test_a_signal_that_was_not_sent_is_sent_by_the_next_agent(
    host: Host, node: RealNode, vm3: Resolver
) -> None:
    names = host.networks_path / "cloudnet-dns" / "names"
    names.with_suffix(".reload").touch()
    names.write_text("10.0.0.8 vm3.cloud.example\n")

    host.restart_the_agent()
    build_node(host).reconciler.reconcile()

    assert vm3.ask("vm3.cloud.example") == "10.0.0.3"


def test_a_port_in_use_is_a_fault_of_the_host_and_its_networks_are_served(host: Host) -> None:
    host.nic("eth1")
    node = build_node(host)
    with socket.create_server(("127.0.0.1", 5380)):
        reply = ReportReply(FixedRanges(1, ()), NETWORKS, dns=NAMES)
        node.store.put_reply(reply)
        status = node.reconciler.reconcile()

    (fault,) = [each.message for each in status.faults]
    assert fault.startswith("name server: cannot be created: ")
    assert fault.endswith("find the program that uses it by `ss -lunp`, or choose another dns_port")
    assert {each.network for each in status.applied} == {PRIVATE, OTHER}


def test_nothing_is_left_of_it_on_a_host_without_networks(host: Host, node: RealNode) -> None:
    dns = node.store.desired().dns
    gone = tuple(replace(each, host_address=None, vifs=(), revision=2) for each in NETWORKS)

    node.receive(*gone)

    assert host.dnsmasq_pids() == []
    assert not (host.networks_path / "cloudnet-dns").exists()
    assert node.store.desired().dns is dns


@pytest.fixture
def multi_host(host: Host) -> RealNode:
    """A host whose two multi-host networks have guests on other hosts, too."""
    host.nic("eth1")
    node = RealNode.on(host, names=NameSettings(peers=True))
    receive_names(node, "vm9")
    return node


def receive_names(node: RealNode, *hostnames: str) -> None:
    """Take guests of other hosts: these on the first network, vm7 on the second one."""
    first = node.store.desired().networks
    revision = first[0].revision + 1 if first else 1
    names = tuple(
        GuestName(IPv4Address("10.0.0.9") + number, name) for number, name in enumerate(hostnames)
    )
    other = (GuestName(IPv4Address("10.0.4.9"), "vm7"),)
    assert (
        node.receive(
            replace(NETWORKS[0], names=names, revision=revision),
            replace(NETWORKS[1], names=other, revision=revision),
        ).faults
        == ()
    )


def test_a_guest_resolves_the_names_of_its_networks_guests_on_other_hosts(
    host: Host, multi_host: RealNode
) -> None:
    with resolver(host, "br100", "10.0.0.3", "10.0.0.1") as vm3:
        wait_for(lambda: vm3.ask("vm9.novalocal") == "10.0.0.9", "the bridge", 10)
        assert vm3.ask("vm9", "tcp") == "10.0.0.9"
        assert vm3.ask("10.0.0.9") == "vm9.novalocal"
        assert vm3.ask("vm7.novalocal") in {"REFUSED", "NXDOMAIN"}  # of the other network

        processes = host.dnsmasq_pids()
        receive_names(multi_host, "vm8", "vm9")

        wait_for(lambda: vm3.ask("vm9.novalocal") == "10.0.0.10", "the new address", SECONDS)
        assert vm3.ask("vm8.novalocal") == "10.0.0.9"
        assert host.dnsmasq_pids() == processes

        host.sh(f"rm -r {host.networks_path}/nova-br100.names.d")
        multi_host.reconciler.reconcile()
        multi_host.reconciler.reconcile()

        receive_names(multi_host)
        wait_for(lambda: vm3.ask("vm9.novalocal") != "10.0.0.10", "the end of the name", SECONDS)
