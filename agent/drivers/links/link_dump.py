"""Parses what the kernel answers about links, addresses and routes, as far as it is used.

pyroute2 would make an object of each of the fifty attributes of each link: ten times the work.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from socket import AF_INET, AF_INET6

from cloudnet.agent.drivers.links.link_table import Link, LinkAddress, LinkRoute
from cloudnet.agent.drivers.links.sysctl_lists import LinkSysctl, list_wrong

ATTRIBUTE = struct.Struct("=HH")  # struct nlattr: length, type
TYPE = 0x3FFF  # NLA_TYPE_MASK
# uapi/linux/rtnetlink.h, if_addr.h
LINK = struct.Struct("=BxHiII")  # struct ifinfomsg: family, device type, index, flags, change
ADDRESS = struct.Struct("=BBBBI")  # struct ifaddrmsg: family, prefix length, flags, scope, index
ROUTE = struct.Struct("=xBxxxxBxI")  # struct rtmsg: length of the destination, scope, flags
HOP = struct.Struct("=Hxxi")  # struct rtnexthop: length, link
# uapi/linux/if_link.h: IFLA_…
MAC, IFNAME, MTU, PARENT, MASTER, LINKINFO, IFALIAS = 1, 3, 4, 5, 10, 18, 20
AF_SPEC, LINK_NETNSID, PROP_LIST, ALT_IFNAME = 26, 37, 52, 53
KIND, DATA = 1, 2  # IFLA_INFO_…
SYSCTLS: Mapping[int, int] = {AF_INET: 1, AF_INET6: 2}  # IFLA_INET_CONF, IFLA_INET6_CONF
VLAN_ID, FORWARD_DELAY, STP_STATE = 1, 1, 5  # IFLA_VLAN_…, IFLA_BR_…
# uapi/linux/if_addr.h
IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_PROTO = 1, 2, 3, 11
IFA_F_SECONDARY = 0x1
RT_SCOPE_UNIVERSE, RT_SCOPE_LINK = 0, 253
RTA_DST, RTA_OIF, RTA_MULTIPATH = 1, 4, 9

OF_LINK = frozenset(
    {MAC, IFNAME, MTU, PARENT, MASTER, LINKINFO, IFALIAS, AF_SPEC, LINK_NETNSID, PROP_LIST}
)
OF_FAMILIES = frozenset(SYSCTLS)
OF_INFO = frozenset({KIND, DATA})
OF_VLAN = frozenset({VLAN_ID})
OF_BRIDGE = frozenset({FORWARD_DELAY, STP_STATE})
OF_ADDRESS = frozenset({IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_PROTO})
OF_ROUTE = frozenset({RTA_DST, RTA_OIF})
OF_WAY = OF_ROUTE | {RTA_MULTIPATH}


def parse_link(data: bytes) -> Link:
    """Return the link that an RTM_NEWLINK message describes.

    :param data: the message without its netlink header
    """
    _, _, index, flags, _ = LINK.unpack_from(data)
    has = _attributes(data, OF_LINK, LINK.size)
    info = _attributes(has.get(LINKINFO, b""), OF_INFO)
    kind = _text(info[KIND]) if KIND in info else None
    details = info.get(DATA, b"")
    vlan = _attributes(details, OF_VLAN) if kind == "vlan" else {}
    bridge = _attributes(details, OF_BRIDGE) if kind == "bridge" else {}
    # The other end of a veth may be in another namespace, where the index is another link's.
    is_parent_here = LINK_NETNSID not in has
    return Link(
        index=index,
        name=_text(has[IFNAME]),
        kind=kind,
        mac=has.get(MAC, b"").hex(":"),
        mtu=_number(has.get(MTU)) or 0,
        alias=_text(has.get(IFALIAS, b"")),
        flags=flags,
        master=_number(has.get(MASTER)),
        parent=_number(has.get(PARENT)) if is_parent_here else None,
        tag=_number(vlan.get(VLAN_ID)),
        spanning_tree=bool(_number(bridge.get(STP_STATE))),
        forward_delay=_number(bridge.get(FORWARD_DELAY)) or 0,
        names=tuple(_list_names(has.get(PROP_LIST, b""))),
        wrong_sysctls=_parse_sysctls(has.get(AF_SPEC, b"")) if vlan or bridge else (),
    )


def _parse_sysctls(families: bytes) -> tuple[LinkSysctl, ...]:
    lists = {}
    for family, value in _attributes(families, OF_FAMILIES).items():
        kind = SYSCTLS[family]
        lists[family] = _attributes(value, frozenset({kind})).get(kind, b"")
    return list_wrong(lists)


def parse_address(data: bytes) -> LinkAddress | None:
    """Return the address that an RTM_NEWADDR message describes; None: it is no address of IP.

    :param data: the message without its netlink header
    """
    family, prefixlen, flags, scope, index = ADDRESS.unpack_from(data)
    if family not in {AF_INET, AF_INET6}:
        return None
    has = _attributes(data, OF_ADDRESS, ADDRESS.size)
    return LinkAddress(
        index=index,
        family=family,
        packed=has.get(IFA_LOCAL) or has[IFA_ADDRESS],  # the latter may be the peer's
        prefixlen=prefixlen,
        is_global=scope == RT_SCOPE_UNIVERSE,
        label=_text(has.get(IFA_LABEL, b"")),
        protocol=_number(has.get(IFA_PROTO)) or 0,
        secondary=bool(flags & IFA_F_SECONDARY),
    )


def parse_route(data: bytes) -> LinkRoute | None:
    """Return the route that an RTM_NEWROUTE message describes; None: it has a gateway, or no link.

    :param data: the message without its netlink header
    """
    prefixlen, scope, _ = ROUTE.unpack_from(data)
    if scope != RT_SCOPE_LINK:
        return None
    has = _attributes(data, OF_ROUTE, ROUTE.size)
    index = _number(has.get(RTA_OIF))
    if index is None:
        return None
    return LinkRoute(index, IPv4Network((has.get(RTA_DST, bytes(4)), prefixlen)))


def parse_way(data: bytes) -> tuple[IPv4Network, frozenset[int]]:
    """Return the destination and the links of the route that an RTM_NEWROUTE message describes.

    :param data: the message without its netlink header
    """
    prefixlen, _, _ = ROUTE.unpack_from(data)
    has = _attributes(data, OF_WAY, ROUTE.size)
    index = _number(has.get(RTA_OIF))
    links = set(_list_hops(has.get(RTA_MULTIPATH, b"")))
    if index is not None:
        links.add(index)
    return IPv4Network((has.get(RTA_DST, bytes(4)), prefixlen)), frozenset(links)


def _list_hops(data: bytes) -> Iterator[int]:
    """Yield the links of a route with several next hops."""
    position = 0
    while position + HOP.size <= len(data):
        length, index = HOP.unpack_from(data, position)
        yield index
        position += max(HOP.size, (length + 3) & ~3)


def _attributes(data: bytes, used: frozenset[int], position: int = 0) -> dict[int, bytes]:
    """Return the attributes that are used, by their types.

    :param position: where the attributes of ``data`` begin
    """
    found: dict[int, bytes] = {}
    end, unpack = len(data), ATTRIBUTE.unpack_from
    while position < end:  # some forty times a link, so nothing else belongs in here
        length, kind = unpack(data, position)
        if length < ATTRIBUTE.size:
            break  # no kernel sends this
        kind &= TYPE
        if kind in used:
            found[kind] = data[position + 4 : position + length]
        position += (length + 3) & ~3
    return found


def _list_names(data: bytes) -> Iterator[str]:
    """Yield the alternative names, which are attributes of one type."""
    position = 0
    while position < len(data):
        length, kind = ATTRIBUTE.unpack_from(data, position)
        if length < ATTRIBUTE.size:
            return
        if kind & TYPE == ALT_IFNAME:
            yield _text(data[position + 4 : position + length])
        position += (length + 3) & ~3


def _number(value: bytes | None) -> int | None:
    return None if value is None else int.from_bytes(value, sys.byteorder)


def _text(value: bytes) -> str:
    return os.fsdecode(value.split(b"\0", 1)[0])
