"""Leases: given, reported and released; two servers on one segment, each with its guests."""

import queue
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

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
    events: Events = queue.Queue()
    listener = LeaseListener(host.state_path / "agent.sock", events.put)
    listener.start()
    yield events
    listener.close()


@pytest.fixture
def vm3(host: Host) -> Iterator[Guest]:
    serve(host, network(3))
    with Guest(host, "br100", guest(3).mac) as made:
        yield made


def test_a_lease_is_reported_and_read(host: Host, events: Events, vm3: Guest) -> None:
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
    # A veth leaves the checksum to hardware that it does not have; udhcpc verifies it.
    host.kernel.ensure(Table("mangle", (Chain.of("cloudnet-POSTROUTING", "POSTROUTING", (fill,)),)))
    host.sh(
        f"ip link add eth0 address {guest(3).mac} type veth peer name tap3;"
        "ip link set tap3 master br100 up; ip link set eth0 up"
    )

    output = host.sh(f"{find_busybox()} udhcpc -i eth0 -n -q -s /bin/true -t 3 -T 1 2>&1")

    assert "lease of 10.0.0.3 obtained from 10.0.0.1, lease time 120" in output
    assert output.count("broadcasting discover") == 1
    assert host.has(LEASE)
    assert events.get(timeout=2).action == "add"


def test_a_lease_is_released(host: Host, events: Events, vm3: Guest) -> None:
    vm3.boot()

    for _ in range(2):
        host.kernel.remove(LEASE)

    assert not host.has(LEASE)
    assert [events.get(timeout=2).action for _ in range(2)] == ["add", "del"]


def test_a_lease_is_released_whose_guest_is_gone_from_the_files(
    host: Host, events: Events, vm3: Guest
) -> None:
    vm3.boot()
    host.kernel.ensure(served(host, network()))

    host.kernel.remove(LEASE)

    assert not host.has(LEASE)
    assert [events.get(timeout=2).action for _ in range(2)] == ["add", "del"]


def test_a_lease_of_another_mac_is_not_released(host: Host, events: Events, vm3: Guest) -> None:
    vm3.boot()

    host.kernel.remove(replace(LEASE, mac="fa:16:3e:00:00:99"))
    host.sh("dhcp_release br100 10.0.0.3 fa:16:3e:00:00:99")  # dnsmasq ignores it, too

    assert host.has(LEASE)


def test_the_next_guest_gets_the_address_with_its_first_request(host: Host, vm3: Guest) -> None:
    vm3.boot()
    other = replace(guest(3), mac=guest(4).mac, hostname="vm4")
    host.kernel.ensure(served(host, replace(network(), vifs=(other,))))
    host.kernel.remove(LEASE)

    with Guest(host, "br100", guest(4).mac) as vm4:
        assert vm4.boot().address == VM3


def test_leases_survive_the_end_of_dnsmasq(host: Host, vm3: Guest) -> None:
    vm3.boot()
    host.sh(f"kill -9 $(cat {host.files('br100').pid}); sleep 0.1")

    serve(host, network(3))

    assert host.has(LEASE)


def test_a_guest_whose_lease_is_lost_gets_an_ack_for_its_address(host: Host, vm3: Guest) -> None:
    lease = vm3.boot()
    host.sh(f"kill -9 $(cat {host.files('br100').pid}); sleep 0.1; rm {host.files('br100').leases}")
    serve(host, network(3))
    assert not host.has(LEASE)
    host.sh(f"ip neigh replace 10.0.0.3 lladdr {guest(3).mac} dev br100")

    assert kinds(vm3.renew(VM3, lease.server, BRIDGE_MAC)) == ["ack"]
    assert host.has(LEASE)
    assert kinds(vm3.reboot(VM3)) == ["ack"]
    assert kinds(vm3.rebind(VM3)) == ["ack"]


def test_a_guest_that_asks_for_a_wrong_address_gets_a_nak(host: Host, vm3: Guest) -> None:
    assert kinds(vm3.reboot(IPv4Address("10.0.0.77"))) == ["nak"]


class TestTwoHostsOnOneSegment:
    """Multi-host mode: each host serves its own guests, and receives the broadcasts of all."""

    @pytest.fixture
    def segment(self, host: Host) -> Host:
        """Two bridges that are one segment, each with its own dnsmasq and its own guest."""
        host.sh(
            "sysctl -qw net.ipv4.conf.all.arp_ignore=1;"
            "ip link add trunk0 type veth peer name trunk1"
        )
        serve(host, network(3))
        serve(host, network(4, bridge="br101", address="10.0.0.2"))
        host.sh("ip link set trunk0 master br100 up; ip link set trunk1 master br101 up")
        return host

    def test_each_guest_is_answered_by_its_own_host_only(self, segment: Host) -> None:
        with (
            Guest(segment, "br100", guest(3).mac) as vm3,
            Guest(segment, "br101", guest(4).mac) as vm4,
        ):
            offers = [vm3.discover(), vm4.discover()]
            leases = [vm3.boot(), vm4.boot()]

        assert [len(answers) for answers in offers] == [1, 1]
        assert [str(lease.server) for lease in leases] == ["10.0.0.1", "10.0.0.2"]

    def test_init_reboot_and_rebinding_get_one_ack_and_no_nak(self, segment: Host) -> None:
        with Guest(segment, "br100", guest(3).mac) as vm3:
            vm3.boot()
            segment.sh(f"ip neigh replace 10.0.0.3 lladdr {guest(3).mac} dev br100")
            answers = [vm3.reboot(VM3), vm3.rebind(VM3)]

        assert [[(a.kind, str(a.server)) for a in output] for output in answers] == [
            [("ack", "10.0.0.1")],
            [("ack", "10.0.0.1")],
        ]
        assert "NAK" not in log_of(segment, "br101").read_text()

    def test_a_guest_that_moved_hosts_is_answered_by_the_new_one(self, segment: Host) -> None:
        with Guest(segment, "br100", guest(3).mac) as vm3:
            vm3.boot()
            segment.kernel.ensure(served(segment, network()))
            segment.kernel.ensure(
                served(segment, network(3, 4, bridge="br101", address="10.0.0.2"))
            )

            # dnsmasq handles a signal some time after it was sent.
            wait_for(lambda: log_of(segment).read_text().count(".opts") == 2, "the SIGHUP", 2)

            answers = vm3.reboot(VM3)

        assert [(a.kind, str(a.server)) for a in answers] == [("ack", "10.0.0.2")]

    def test_no_host_answers_an_unknown_guest(self, segment: Host) -> None:
        with Guest(segment, "br100", guest(9).mac) as unknown:
            output = [unknown.discover(), unknown.reboot(VM3), unknown.rebind(VM3)]

        assert output == [[], [], []]


def test_a_bridge_that_another_network_gets_keeps_no_lease(host: Host, vm3: Guest) -> None:
    vm3.boot()
    assert host.has(LEASE)
    other = replace(network(4), network="33333333-3333-3333-3333-333333333333")

    host.kernel.ensure(served(host, other))

    assert not any(isinstance(resource, Lease) for resource in host.resources().values())
