"""Which addresses are announced after a read of the host, by what the host was before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from socket import AF_INET

import pytest

from cloudnet.agent.drivers.links.link_table import Link, LinkAddress, LinkTable
from cloudnet.agent.drivers.links.netlink import Netlink
from cloudnet.agent.drivers.links.places import Announcements

UP, UP_WITHOUT_CARRIER = 0x41, 0x1
ALIAS = "cloudnet:11111111-1111-1111-1111-111111111111"


def link(index: int, name: str, mac: str, alias: str = "", master: int | None = None) -> Link:
    return Link(index, name, None, mac, 1500, alias, UP, master, None, None, False, 0, ())


def address(index: int, text: str, label: str = "") -> LinkAddress:
    return LinkAddress(index, AF_INET, IPv4Address(text).packed, 24, True, label, 0, False)


NIC = link(2, "eth1", "02:00:00:00:00:02")
BRIDGE = link(3, "br100", "02:00:00:00:00:03", ALIAS)
UPLINK = link(4, "vlan100", "02:00:00:00:00:04", ALIAS, master=3)
TAP = link(5, "tap1", "02:00:00:00:00:05", master=3)
GATEWAY, FLOATING = address(3, "10.0.0.1"), address(2, "192.0.2.225", "eth1:cn")
ADDRESSES = (GATEWAY, FLOATING, address(2, "192.0.2.10"))
HOST = LinkTable((NIC, BRIDGE, UPLINK, TAP), ADDRESSES)


@dataclass
class Recorder:
    """An announcer that sends nothing."""

    announced: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)

    def announce(self, device: str, mac: str, address: IPv4Address) -> None:
        self.announced.append(f"{address} on {device} at {mac[-2:]}")

    def withdraw(self, device: str, address: IPv4Address) -> None:
        self.withdrawn.append(f"{address} on {device}")


def observed(*hosts: LinkTable) -> Recorder:
    """Return what was announced since the first read."""
    recorder = Recorder()
    announcements = Announcements(Netlink(), recorder)
    for host in hosts:
        announcements.observe(host)
    return recorder


def with_link(changed: Link, host: LinkTable = HOST) -> LinkTable:
    links = [changed if each.index == changed.index else each for each in host.links]
    return replace(host, links=tuple(links))


DOWN_BRIDGE = with_link(replace(BRIDGE, flags=0))
DOWN_UPLINK = with_link(replace(UPLINK, flags=UP_WITHOUT_CARRIER))
NO_UPLINK = with_link(replace(UPLINK, master=None))
NO_CARRIER = with_link(replace(NIC, flags=UP_WITHOUT_CARRIER))
NEW_NIC = with_link(replace(NIC, mac="02:00:00:00:00:99"))
DRIFTED = with_link(replace(BRIDGE, mac="02:00:00:00:00:99"))
GATEWAY_LINE, FLOATING_LINE = "10.0.0.1 on br100 at 03", "192.0.2.225 on eth1 at 02"


@pytest.mark.parametrize(
    ("hosts", "announced"),
    [
        pytest.param([HOST], [], id="what an agent finds when it starts"),
        pytest.param([HOST, HOST], [], id="nothing changed"),
        pytest.param(
            [replace(HOST, addresses=()), HOST], [GATEWAY_LINE, FLOATING_LINE], id="new addresses"
        ),
        pytest.param([HOST, NEW_NIC], ["192.0.2.225 on eth1 at 99"], id="a NIC has another MAC"),
        pytest.param([HOST, DRIFTED], [], id="a wrong MAC of a bridge, which is repaired first"),
        pytest.param([HOST, DOWN_BRIDGE], [], id="a bridge goes down"),
        pytest.param([HOST, DOWN_BRIDGE, HOST], [GATEWAY_LINE], id="a bridge comes up"),
        pytest.param([HOST, DOWN_UPLINK, HOST], [GATEWAY_LINE], id="an uplink has a carrier again"),
        pytest.param([HOST, NO_UPLINK, HOST], [GATEWAY_LINE], id="an uplink is in its bridge"),
        pytest.param([HOST, NO_CARRIER], [], id="a NIC loses its carrier"),
        pytest.param([HOST, NO_CARRIER, HOST], [FLOATING_LINE], id="a NIC has a carrier again"),
        pytest.param(
            [HOST, with_link(replace(TAP, flags=0)), HOST], [], id="a guest stops and starts"
        ),
    ],
)
def test_an_address_is_announced_when_its_neighbours_reach_it_in_another_way(
    hosts: list[LinkTable], announced: list[str]
) -> None:
    assert observed(*hosts).announced == announced


def test_an_address_that_is_gone_is_announced_no_more() -> None:
    assert observed(HOST, replace(HOST, addresses=(GATEWAY,))).withdrawn == ["192.0.2.225 on eth1"]
