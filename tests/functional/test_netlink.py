"""What is read by hand is what pyroute2 reads, field by field."""

from socket import AF_INET

from pyroute2 import IPRoute

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


def test_links_are_read_as_pyroute2_reads_them(host: Host) -> None:
    host.sh(MANY_KINDS)
    netlink = Netlink()

    by_hand = {
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
        for link in netlink.links().links
    }
    netlink.close()

    assert by_hand == _as_pyroute2_reads_links()
    assert len(by_hand) >= 7


def test_addresses_are_read_as_pyroute2_reads_them(host: Host) -> None:
    host.sh(MANY_KINDS)
    netlink = Netlink()

    by_hand = {
        (a.index, str(a), a.label, a.protocol, a.secondary)
        for a in netlink.addresses()
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
    assert by_hand == expected


def _as_pyroute2_reads_links() -> dict[str, tuple[object, ...]]:
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
