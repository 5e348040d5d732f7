"""What is parsed from the raw answers is what pyroute2 parses, field by field."""

from socket import AF_INET

import pytest
from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.links.netlink import Netlink
from tests.fixtures.agent.host import Host

IFA_F_SECONDARY = 0x01

MANY_KINDS = """
ip link add br100 type bridge forward_delay 0 stp_state 0
ip link set br100 alias cloudnet:11111111-1111-1111-1111-111111111111
ip link add br-stp type bridge stp_state 1
ip link add one type veth peer name two
ip link set one master br100 up
ip link property add dev two altname another-name-that-is-longer
ip link add upper link two type macvlan
ip tuntap add tap1 mode tap
ip link set tap1 mtu 1400 master br100
ip address add 10.0.0.1/22 broadcast 10.0.3.255 dev br100
ip address add 10.0.0.2/22 dev br100
ip address add 192.0.2.7/32 dev two label two:cn
"""


def test_links_are_parsed_as_pyroute2_parses_them(host: Host) -> None:
    host.sh(MANY_KINDS)
    netlink = Netlink()

    parsed = {
        link.name: (
            link.index,
            link.kind,
            link.mac,
            link.mtu,
            link.alias,
            link.flags,
            link.master,
            link.parent,
            link.spanning_tree,
            link.forward_delay,
            link.names,
        )
        for link in netlink.read_links().links
    }
    netlink.close()

    assert parsed == _links_as_pyroute2_parses_them()
    assert len(parsed) >= 7


def test_addresses_are_parsed_as_pyroute2_parses_them(host: Host) -> None:
    host.sh(MANY_KINDS)
    netlink = Netlink()

    parsed = {
        (a.index, str(a), a.label, a.protocol, a.secondary)
        for a in netlink.list_addresses()
        if a.family == AF_INET
    }
    netlink.close()

    with IPRoute() as kernel:
        expected = {
            (
                message["index"],
                f"{message.get('local')}/{message['prefixlen']}",
                message.get("label") or "",
                message.get("proto") or 0,
                bool(message["flags"] & IFA_F_SECONDARY),
            )
            for message in kernel.get_addr(family=AF_INET)
        }
    assert parsed == expected


def _links_as_pyroute2_parses_them() -> dict[str, tuple[object, ...]]:
    read = {}
    with IPRoute() as kernel:
        for message in kernel.get_links():
            info = message.get("linkinfo")
            kind = info.get("kind") if info else None
            bridge = info.get("data") if kind == "bridge" else None
            properties = message.get("prop_list")
            read[message.get("ifname")] = (
                message["index"],
                kind,
                message.get("address"),
                message.get("mtu"),
                message.get("ifalias") or "",
                message["flags"],
                message.get("master"),
                message.get("link"),
                bool(bridge and bridge.get("br_stp_state")),
                (bridge.get("br_forward_delay") or 0) if bridge else 0,
                tuple(properties.get_attrs("IFLA_ALT_IFNAME")) if properties else (),
            )
    return read


def test_one_link_its_ports_and_its_addresses_are_read_alone(host: Host) -> None:
    host.sh(MANY_KINDS)
    netlink = Netlink()

    table = netlink.read_links()
    bridge = netlink.get_link("br100")

    assert bridge is not None
    assert bridge in table.links
    assert {port.name for port in netlink.list_ports(bridge.index)} == {"one", "tap1"}
    assert [str(each) for each in netlink.list_addresses(bridge.index)][:2] == [
        "10.0.0.1/22",
        "10.0.0.2/22",
    ]
    netlink.close()


def test_a_link_that_does_not_exist_has_no_addresses(host: Host) -> None:
    netlink = Netlink()

    assert netlink.get_link("br100") is None
    assert netlink.list_addresses(4711) == []
    netlink.close()


def test_an_alternative_name_is_another_link(host: Host) -> None:
    host.sh("ip link property add dev lo altname br100")
    netlink = Netlink()

    assert netlink.get_link("br100") is None
    netlink.close()


def test_requests_leave_nothing_behind_in_the_library(host: Host) -> None:
    host.sh(MANY_KINDS)
    netlink = Netlink()
    netlink.read_links()

    for number in range(20):
        netlink.change_link("add", ifname=f"b{number}", kind="bridge")
        link = netlink.get_link(f"b{number}")
        assert link is not None
        netlink.change_link("set", index=link.index, mtu=1400, state="up")
        netlink.change_address("add", index=link.index, address="10.1.0.1", prefixlen=24)
        with pytest.raises(NetlinkError):
            netlink.change_address("add", index=link.index, address="10.1.0.1", prefixlen=24)
        netlink.change_link("del", index=link.index)
        netlink.read_links()

    opened = netlink._opened  # noqa: SLF001 - what would pile up for as long as the agent runs
    assert opened is not None
    queues = opened.asyncore.msg_queue.queues
    assert {tag: queue.qsize() for tag, queue in queues.items()} == {0: 0}
    assert opened.asyncore.marshal.seq_map == {}
    netlink.close()
