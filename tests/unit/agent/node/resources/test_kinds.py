"""What planning needs to know of each kind of resource: order, dependencies, reasons to wait."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.node.resources.address import Address
from cloudnet.agent.node.resources.base import Management, Resource, by_key
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.agent.node.resources.link_sysctls import LinkSysctls
from cloudnet.agent.node.resources.nat_mapping import NatMapping
from cloudnet.agent.node.resources.port import Port
from cloudnet.agent.node.resources.public_address import PublicAddress
from cloudnet.agent.node.resources.vlan import Vlan
from tests.fixtures.agent.snapshots import PRIVATE

MAC = "02:00:00:00:01:00"
BRIDGE = Bridge("br100", PRIVATE, MAC, 1500)
SYSCTLS = LinkSysctls("br100", "br100")
VLAN_SYSCTLS = LinkSysctls("vlan100", "br100")
VLAN = Vlan("vlan100", PRIVATE, "eth0", 100, 1500, "br100")
PORT = Port("eth0", "br100")
ADDRESS = Address("br100", IPv4Interface("10.0.0.1/22"))
MAPPING = NatMapping(IPv4Address("192.0.2.9"), IPv4Address("10.0.0.3"))
PUBLIC = PublicAddress("eth1", IPv4Address("192.0.2.9"))
LEASE = Lease("br100", IPv4Address("10.0.0.3"), MAC)


@pytest.mark.parametrize(
    ("resource", "line"),
    [
        (BRIDGE, f"bridge br100 (mac {MAC}, mtu 1500)"),
        (SYSCTLS, "sysctls of br100 (no IPv6, strict ARP)"),
        (VLAN, "vlan vlan100 (tag 100 on eth0, mtu 1500, in br100)"),
        (PORT, "port eth0 (in br100)"),
        (ADDRESS, "address 10.0.0.1/22 on br100"),
        (MAPPING, "NAT mapping 192.0.2.9 to 10.0.0.3"),
        (PUBLIC, "floating IP 192.0.2.9 on eth1"),
        (LEASE, f"lease 10.0.0.3 of {MAC} on br100"),
    ],
)
def test_a_resource_is_one_line_that_begins_with_its_key(resource: Resource, line: str) -> None:
    assert str(resource) == line
    assert line.startswith(resource.key)


def test_what_a_resource_depends_on_is_created_before_it() -> None:
    resources = by_key(BRIDGE, SYSCTLS, VLAN_SYSCTLS, VLAN, PORT, ADDRESS)

    for resource in resources.values():
        for name in {*resource.depends_on, *resource.vanishes_with} & resources.keys():
            assert resources[name].rank < resource.rank


def test_the_settings_of_a_bridge_are_written_before_a_frame_can_come_in() -> None:
    assert SYSCTLS.rank < min(VLAN.rank, PORT.rank)


@pytest.mark.parametrize("resource", [BRIDGE, VLAN, PORT], ids=lambda each: each.key)
@pytest.mark.parametrize(
    ("guests", "why"),
    [
        ((), None),
        (("tap1",), "tap1 is still in br100"),
        (("tap1", "tap2"), "tap1, tap2 are still in br100"),
    ],
)
def test_a_link_stays_as_long_as_a_guest_is_in_its_bridge(
    resource: Resource, guests: tuple[str, ...], why: str | None
) -> None:
    actual = by_key(Bridge("br100", PRIVATE, MAC, 1500, guests=guests))

    assert resource.removal_blocked_by(actual) == why
    assert resource.removal_blocked_by({}) is None


@pytest.mark.parametrize("resource", [ADDRESS, SYSCTLS, PUBLIC, LEASE], ids=lambda each: each.key)
def test_no_guest_blocks_the_removal_of_anything_else(resource: Resource) -> None:
    assert resource.removal_blocked_by(by_key(Bridge("br100", "", MAC, 1, guests=("t",)))) is None


def test_a_bridge_with_a_fault_differs_and_one_with_guests_does_not() -> None:
    assert Bridge("br100", PRIVATE, MAC, 1500, faults=("down",)) != BRIDGE
    assert Bridge("br100", PRIVATE, MAC, 1500, guests=("tap1",)) == BRIDGE


@pytest.mark.parametrize(
    ("management", "creates", "removes"),
    [
        (Management.MANAGED, True, True),
        (Management.KEPT, True, False),
        (Management.IMPLIED, False, True),
        (Management.OBSERVED, False, True),
    ],
)
def test_what_is_done_with_a_kind_follows_from_its_management(
    management: Management, creates: bool, removes: bool
) -> None:
    assert (management.creates, management.removes) == (creates, removes)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_a_mapping_is_read_back_from_its_note(floating: IPv4Address, fixed: IPv4Address) -> None:
    mapping = NatMapping(floating, fixed)

    assert NatMapping.noted(mapping.note) == mapping


@pytest.mark.parametrize("note", ["", "192.0.2.9", "192.0.2.9 is", "a is b", "192.0.2.9 is 10.0.0"])
def test_another_note_names_no_mapping(note: str) -> None:
    assert NatMapping.noted(note) is None
