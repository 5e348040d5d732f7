"""Each value by itself: whether its column can have it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from cloudnet.common import limits
from cloudnet.common.errors import BadRequest
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model import quotas, validation
from cloudnet.controller.model.consistency.finding import (
    KEYS,
    Finding,
    Row,
    Tables,
    find,
    set_columns,
)

Parse = Callable[[Any], object]  # Any: the driver's value; raises ValueError or BadRequest

BIGGEST = 2**63 - 1
_NEEDLESS = frozenset({
    "label", "gateway", "dhcp_server", "vpn_private_address", "vpn_public_address", "dns1", "dns2",
    "host", "mtu", "rxtx_base", "priority", "vpn_public_port", "created_at", "updated_at",
})  # fmt: skip
"""Columns of networks that other checks can do without."""


def parse_tables(raw: Tables) -> tuple[Tables, list[Finding]]:
    """Return the rows with their values parsed, and a finding for each value that is not valid.

    Such a value is NULL in the result. A row that lacks one for other checks is left out.
    """
    valid: dict[str, list[Row]] = {table: [] for table in KEYS}
    findings: list[Finding] = []
    for table in KEYS:
        for row in raw[table]:
            parsed: dict[str, Any] = dict(row)
            wrong = list(_parse_row(table, parsed))
            findings += wrong
            needless = _NEEDLESS if table == "networks" else frozenset()
            if needless.issuperset(finding.column for finding in wrong):
                valid[table].append(parsed)
    return valid, findings


def _parse_row(table: str, row: dict[str, Any]) -> Iterator[Finding]:
    for column, parse in _RULES[table].items():
        value = row[column]
        if value is None:
            continue  # a column that needs a value is NOT NULL
        try:
            row[column] = parse(value)
        except (BadRequest, TypeError, ValueError) as error:
            remedy = set_columns(table, row, **{column: "…"}).replace("'…'", "…")
            yield find(table, row, column, " ".join(str(error).split()), remedy)
            row[column] = None


def _integer(value: object, lowest: int = 0, highest: int = BIGGEST) -> int:
    if not isinstance(value, int) or not lowest <= value <= highest:
        raise ValueError(f"a whole number from {lowest} to {highest} is needed, not {value!r}")
    return int(value)


def _flag(value: object) -> bool:
    if not isinstance(value, int) or value not in {0, 1}:
        raise ValueError(f"true or false is needed, not {value!r}")
    return bool(value)


def _time(value: object) -> datetime:
    try:
        return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"a time like 2026-11-27 21:30:00 is needed, not {value!r}") from error


def _matching(rule: Callable[[str], bool], what: str, value: object) -> str:
    if not isinstance(value, str) or not rule(value):
        raise ValueError(f"{what} is needed, not {value!r}")
    return value


def _one_of(words: tuple[str, ...], value: object) -> str:
    if value not in words:
        raise ValueError(f"one of {', '.join(words)} is needed, not {value!r}")
    return str(value)


def _floating_address(value: object) -> object:
    address = validation.parse_address(value)
    if not limits.can_be_floating_ip(address):
        raise ValueError(f"an address that others can reach is needed, not {value!r}")
    return address


def _any_address(value: object) -> object:
    try:
        return ip_address(str(value))
    except ValueError as error:
        raise ValueError(f"an IP address is needed, not {value!r}") from error


def _guest_range(value: object) -> IPv4Network:
    return validation.require_guest_range(IPv4Network(str(value)))  # without host bits


def _uuid(value: object) -> str:
    if validation.parse_uuid(value) != value:
        raise ValueError(f"a uuid in lower case is needed, not {value!r}")
    return value


_mac = partial(_matching, limits.is_unicast_mac, "a MAC address like fa:16:3e:00:00:03")
_hostname = partial(_matching, limits.is_hostname, "one DNS label in lower case")
_domain = partial(_matching, limits.is_domain_name, "a domain name")
_host = partial(_matching, limits.is_host_name, "the name of a host")
_interface = partial(_matching, limits.is_public_interface_name, "the name of a NIC")
_address, _text, _device = (
    validation.parse_address,
    validation.parse_text,
    validation.parse_device_name,
)
_revision = partial(_integer, highest=limits.REVISION.highest)
_TIMES: Mapping[str, Parse] = {"created_at": _time, "updated_at": _time}

_RULES: Mapping[str, Mapping[str, Parse]] = {
    "networks": {
        **_TIMES,
        "uuid": _uuid,
        "label": _text,
        "topology": Topology,
        **dict.fromkeys(("injected", "multi_host", "enable_dhcp", "share_address"), _flag),
        "cidr": _guest_range,
        **dict.fromkeys(("netmask", "broadcast", "vpn_public_address"), _address),
        **dict.fromkeys(("gateway", "dhcp_server", "vpn_private_address"), _address),
        **dict.fromkeys(("dhcp_start", "dhcp_end"), _address),
        **dict.fromkeys(("dns1", "dns2"), _any_address),
        "cidr_v6": IPv6Network,
        "gateway_v6": IPv6Address,
        "bridge": _device,
        "bridge_interface": _device,
        "vlan": partial(_integer, lowest=limits.VLAN_ID.lowest, highest=limits.VLAN_ID.highest),
        "vpn_public_port": partial(_integer, lowest=1, highest=65535),
        **dict.fromkeys(("pool_start", "pool_end", "rxtx_base", "priority"), _integer),
        "project_id": _text,
        "host": _host,
        "mtu": partial(_integer, lowest=limits.MTU.lowest, highest=limits.MTU.highest),
    },
    "instances": {
        **_TIMES,
        "uuid": _uuid,
        "project_id": _text,
        "host": _host,
        "hostname": _hostname,
    },
    "virtual_interfaces": {
        **_TIMES,
        "address": _mac,
        "uuid": _uuid,
        "host_revision": _revision,
        "gateway_revision": _revision,
    },
    "fixed_ips": {
        **_TIMES,
        "address": _address,
        "position": _integer,
        **dict.fromkeys(("allocated", "leased", "reserved"), _flag),
        "host": _host,
    },
    "floating_ips": {
        **_TIMES,
        "address": _floating_address,
        "project_id": _text,
        "host": _host,
        "auto_assigned": _flag,
        "pool": _text,
        "interface": _interface,
    },
    "free_ips": {"position": _integer, "freed_at": _time},
    "address_pools": {"listed_to": _integer},
    "dns_domains": {**_TIMES, "domain": _domain},
    "dns_entries": {**_TIMES, "name": _domain, "address": _address},
    "dns_changes": {"revision": _revision},
    "services": {**_TIMES, "last_seen_up": _time, "host": _host, "disabled": _flag},
    "quotas": {
        **_TIMES,
        "project_id": _text,
        "resource": partial(_one_of, (quotas.FIXED_IPS, quotas.FLOATING_IPS)),
        "hard_limit": partial(_integer, lowest=quotas.NO_LIMIT),
    },
    "host_networks": {
        "host": _host,
        "network_uuid": _uuid,
        "revision": _revision,
        "applied_revision": _revision,
        "applied_at": _time,
    },
    "host_changes": {
        "host": _host,
        "network_uuid": _uuid,
        "at": _time,
        "vif_uuid": _uuid,
        "fixed_ip": _address,
        "floating_ip": _address,
    },
    "host_agents": {"host": _host, "my_ip": _address, "accepted": _flag, "refused_at": _time},
    "host_ranges": {"host": _host, "cidr": IPv4Network, "address": _address},
    "recovered_guests": {
        "address": _address,
        "network_uuid": _uuid,
        "mac": _mac,
        "instance_uuid": _uuid,
        "hostname": _hostname,
        "since": _time,
    },
    "revisions": {"value": _revision},
    "cloud": {
        "id": _uuid,
        "generation": _integer,
        "branch": _uuid,
        "wait_until": _time,
        "newer_until": _time,
    },
}
