"""Leases given, heard of and taken back; two servers on one wire that keep to their guests."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.agent.lease_listener import LeaseEvent, LeaseListener
from cloudnet.agent.node.resources.iptables_table import Chain, Rule, Table
from cloudnet.agent.node.resources.lease import Lease
from tests.fixtures.agent.dhcp_guest import Answer, Guest
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import BRIDGE_MAC, UUID, guest, log_of, network, serve, served
from tests.fixtures.busybox import find_busybox
from tests.fixtures.waiting import wait_for

Events = queue.Queue[LeaseEvent]

VM3 = IPv4Address("10.0.0.3")
LEASE = Lease("br100", VM3, guest(3).mac)


def kinds(answers: list[Answer]) -> list[str]:
    return [answer.kind for answer in answers]


@pytest.fixture
def events(host: Host) -> Iterator[Events]:
    heard: Events = queue.Queue()
    listener = LeaseListener(host.state_path / "agent.sock", heard.put)
    listener.start()
    yield heard
    listener.close()


@pytest.fixture
def vm3(host: Host) -> Iterator[Guest]:
    serve(host, network(3))
    with Guest(host, "br100", guest(3).mac) as made:
        yield made


def test_a_lease_is_heard_of_and_found(host: Host, events: Events, vm3: Guest) -> None:
    vm3.boot()

    assert events.get(timeout=2) == LeaseEvent("add", UUID, guest(3).mac, VM3, "vm3")
    assert host.has(LEASE)


def test_a_real_client_gets_its_lease(host: Host, events: Events) -> None:
    serve(host, network(3))
    fill = Rule(
        "CHECKSUM",
        (("checksum-fill", ""),),
        out_interface="br100",
        protocol="udp",
        matches=(("udp", (("dport", "68"),)),),
    )
    # A veth leaves the checksum to hardware that is not there; udhcpc looks at it.
    host.kernel.ensure(Table("mangle", (Chain.of("cloudnet-POSTROUTING", "POSTROUTING", (fill,)),)))
    host.sh(
        f"ip link add eth0 address {guest(3).mac} type veth peer name tap3;"
        "ip link set tap3 master br100 up; ip link set eth0 up"
    )

    said = host.sh(f"{find_busybox()} udhcpc -i eth0 -n -q -s /bin/true -t 3 -T 1 2>&1")

    assert "lease of 10.0.0.3 obtained from 10.0.0.1, lease time 120" in said
    assert said.count("broadcasting discover") == 1
    assert host.has(LEASE)
    assert events.get(timeout=2).action == "add"


def test_a_lease_is_taken_back(host: Host, events: Events, vm3: Guest) -> None:
    vm3.boot()

    for _ in range(2):
        host.kernel.remove(LEASE)

    assert not host.has(LEASE)
    assert [events.get(timeout=2).action for _ in range(2)] == ["add", "del"]


def test_a_lease_is_taken_back_whose_guest_is_gone_from_the_files(
    host: Host, events: Events, vm3: Guest
) -> None:
    vm3.boot()
    host.kernel.ensure(served(host, network()))

    host.kernel.remove(LEASE)

    assert not host.has(LEASE)
    assert [events.get(timeout=2).action for _ in range(2)] == ["add", "del"]


def test_a_lease_of_another_mac_is_left(host: Host, events: Events, vm3: Guest) -> None:
    vm3.boot()

    host.kernel.remove(replace(LEASE, mac="fa:16:3e:00:00:99"))
    host.sh("dhcp_release br100 10.0.0.3 fa:16:3e:00:00:99")  # nor would dnsmasq heed it

    assert host.has(LEASE)


def test_the_next_guest_gets_the_address_at_its_first_try(host: Host, vm3: Guest) -> None:
    vm3.boot()
    heir = replace(guest(3), mac=guest(4).mac, hostname="vm4")
    host.kernel.ensure(served(host, replace(network(), vifs=(heir,))))
    host.kernel.remove(LEASE)

    with Guest(host, "br100", guest(4).mac) as vm4:
        assert vm4.boot().address == VM3


def test_leases_survive_dnsmasqs_death(host: Host, vm3: Guest) -> None:
    vm3.boot()
    host.sh(f"kill -9 $(cat {host.files('br100').pid}); sleep 0.1")

    serve(host, network(3))

    assert host.has(LEASE)


def test_a_guest_whose_lease_is_forgotten_gets_an_ack_for_it(host: Host, vm3: Guest) -> None:
    lease = vm3.boot()
    host.sh(f"kill -9 $(cat {host.files('br100').pid}); sleep 0.1; rm {host.files('br100').leases}")
    serve(host, network(3))
    assert not host.has(LEASE)
    host.sh(f"ip neigh replace 10.0.0.3 lladdr {guest(3).mac} dev br100")

    assert kinds(vm3.renew(VM3, lease.server, BRIDGE_MAC)) == ["ack"]
    assert host.has(LEASE)
    assert kinds(vm3.reboot(VM3)) == ["ack"]
    assert kinds(vm3.rebind(VM3)) == ["ack"]


def test_a_guest_that_remembers_a_wrong_address_is_told(host: Host, vm3: Guest) -> None:
    assert kinds(vm3.reboot(IPv4Address("10.0.0.77"))) == ["nak"]


class TestTwoHostsOnOneWire:
    """Multi-host mode: every host serves its own guests, and hears all guests' broadcasts."""

    @pytest.fixture
    def wire(self, host: Host) -> Host:
        """Two bridges that are one segment, each with its own dnsmasq and its own guest."""
        host.sh(
            "sysctl -qw net.ipv4.conf.all.arp_ignore=1;"
            "ip link add trunk0 type veth peer name trunk1"
        )
        serve(host, network(3))
        serve(host, network(4, bridge="br101", address="10.0.0.2"))
        host.sh("ip link set trunk0 master br100 up; ip link set trunk1 master br101 up")
        return host

    def test_each_guest_is_answered_by_its_own_host_alone(self, wire: Host) -> None:
        with Guest(wire, "br100", guest(3).mac) as vm3, Guest(wire, "br101", guest(4).mac) as vm4:
            offers = [vm3.discover(), vm4.discover()]
            leases = [vm3.boot(), vm4.boot()]

        assert [len(answers) for answers in offers] == [1, 1]
        assert [str(lease.server) for lease in leases] == ["10.0.0.1", "10.0.0.2"]

    def test_init_reboot_and_rebinding_get_one_ack_and_no_nak(self, wire: Host) -> None:
        with Guest(wire, "br100", guest(3).mac) as vm3:
            vm3.boot()
            wire.sh(f"ip neigh replace 10.0.0.3 lladdr {guest(3).mac} dev br100")
            answers = [vm3.reboot(VM3), vm3.rebind(VM3)]

        assert [[(a.kind, str(a.server)) for a in said] for said in answers] == [
            [("ack", "10.0.0.1")],
            [("ack", "10.0.0.1")],
        ]
        assert "NAK" not in log_of(wire, "br101").read_text()

    def test_a_guest_that_moved_hosts_is_answered_by_the_new_one(self, wire: Host) -> None:
        with Guest(wire, "br100", guest(3).mac) as vm3:
            vm3.boot()
            wire.kernel.ensure(served(wire, network()))
            wire.kernel.ensure(served(wire, network(3, 4, bridge="br101", address="10.0.0.2")))

            # A signal is taken in when dnsmasq gets to it.
            wait_for(lambda: log_of(wire).read_text().count(".opts") == 2, "the SIGHUP", 2)

            answers = vm3.reboot(VM3)

        assert [(a.kind, str(a.server)) for a in answers] == [("ack", "10.0.0.2")]

    def test_nobody_answers_a_guest_of_no_host(self, wire: Host) -> None:
        with Guest(wire, "br100", guest(9).mac) as stranger:
            said = [stranger.discover(), stranger.reboot(VM3), stranger.rebind(VM3)]

        assert said == [[], [], []]


def test_a_lease_file_caught_half_written_is_no_lost_lease(host: Host, vm3: Guest) -> None:
    vm3.boot()
    leases: Path = host.files("br100").leases
    synced = leases.read_text()
    leases.write_text("")

    threading.Timer(0.01, lambda: leases.write_text(synced)).start()

    assert host.has(LEASE)
    wait_for(lambda: leases.read_text() == synced, "the file to be whole", 1)


def test_a_bridge_that_changes_hands_keeps_no_lease_of_the_other_network(
    host: Host, vm3: Guest
) -> None:
    vm3.boot()
    assert host.has(LEASE)
    heir = replace(network(4), network="33333333-3333-3333-3333-333333333333")

    host.kernel.ensure(served(host, heir))

    assert not any(isinstance(resource, Lease) for resource in host.items().values())
