"""Networks, hosts and settings as the seed article has them, for tests to begin with."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from cloudnet.common.objects import (
    FixedRanges,
    FloatingIp,
    NetworkGone,
    NetworkSnapshot,
    Topology,
    Vif,
)
from cloudnet.common.settings.views import AgentSettings, DhcpSettings, NatSettings, RpcSettings

PRIVATE = "00000000-0000-4000-8000-000000000100"
OTHER = "00000000-0000-4000-8000-000000000101"

RANGES = FixedRanges(1, (IPv4Network("10.0.0.0/20"),))


def network(uuid: str = PRIVATE, *, revision: int = 1, **changes: Any) -> NetworkSnapshot:
    """Return a VLAN network of project a with node1 as its gateway."""
    vlan = int(uuid[-3:])
    base = int(IPv4Address("10.0.0.0")) + 1024 * (vlan - 100)
    fields: dict[str, Any] = {
        "network": uuid,
        "host": "node1",
        "revision": revision,
        "label": f"private_{vlan - 100}",
        "topology": Topology.VLAN,
        "bridge": f"br{vlan}",
        "vlan": vlan,
        "bridge_interface": None,
        "mtu": None,
        "cidr": IPv4Network((base, 22)),
        "host_address": IPv4Address(base + 1),
        "gateway": IPv4Address(base + 1),
        "enable_dhcp": True,
        "dhcp_start": IPv4Address(base + 3),
        "dns": (IPv4Address("8.8.4.4"),),
        "project": "a" if vlan == 100 else "b",
    }
    return NetworkSnapshot(**fields | changes)


def bridged_only(uuid: str = PRIVATE, **changes: Any) -> NetworkSnapshot:
    """Return the network as a host has it that is not its gateway."""
    return network(uuid, **{"host_address": None} | changes)


def gone(uuid: str = PRIVATE, *, revision: int = 2, host: str = "node1") -> NetworkGone:
    return NetworkGone(uuid, host, revision)


def vif(last: int = 3, address: str = "10.0.0.3") -> Vif:
    return Vif(
        f"fa:16:3e:00:00:{last:02x}",
        IPv4Address(address),
        f"vm{last}",
        f"10000000-0000-4000-8000-0000000000{last:02x}",
    )


def floating(address: str = "192.168.99.225", fixed: str = "10.0.0.3") -> FloatingIp:
    return FloatingIp(IPv4Address(address), IPv4Address(fixed), None)


def agent_settings(path: Path = Path("/var/lib/cloudnet"), **changes: Any) -> AgentSettings:
    """Return node1's settings as the article's listing makes them."""
    fields: dict[str, Any] = {
        "host": "node1",
        "rpc": RpcSettings("fake://", "nova", 5),
        "my_ip": IPv4Address("172.16.99.108"),
        "vlan_interface": "eth0",
        "flat_interface": None,
        "state_path": path,
        "nat": nat_settings(),
        "dhcp": DhcpSettings(
            networks_path=path / "networks",
            dhcpbridge=Path("/usr/bin/cloudnet-dhcpbridge"),
            lease_seconds=86400,
            domain="novalocal",
            dns_servers=(),
            use_network_dns_servers=False,
            dnsmasq_config_file=None,
            force_release=True,
        ),
        "report_interval_seconds": 10,
        "resync_seconds": 10,
        "gratuitous_arps": 3,
    }
    return AgentSettings(**fields | changes)


def nat_settings(**changes: Any) -> NatSettings:
    fields: dict[str, Any] = {
        "public_interface": "eth1",
        "routing_source_ip": IPv4Address("192.168.99.108"),
        "metadata_host": IPv4Address("172.16.99.108"),
        "metadata_port": 8775,
        "dmz_cidr": (),
        "drop_action": "DROP",
    }
    return NatSettings(**fields | changes)
