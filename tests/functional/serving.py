"""A network that is served: what an agent wants of a bridge with DHCP, for the tests of dnsmasq."""

import sys
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

from cloudnet.agent.dhcp import dhcp
from cloudnet.agent.state import Address, Bridge, Dhcp
from cloudnet.common.objects import NetworkSnapshot, Topology, Vif
from tests.functional.host import Host, settings

UUID = "11111111-1111-1111-1111-111111111111"
BRIDGE_MAC = "fa:16:3e:00:01:00"
BRIDGEPROGRAM = Path(sys.prefix, "bin", "cloudnet-dhcpbridge")


def guest(number: int) -> Vif:
    """Return one guest of the network: 10.0.0.3 is number 3's."""
    return Vif(
        f"fa:16:3e:00:00:{number:02x}",
        IPv4Address("10.0.0.0") + number,
        f"vm{number}",
        f"i{number}",
    )


def network(
    *guests: int, bridge: str = "br100", address: str = "10.0.0.1", gateway: str | None = None
) -> NetworkSnapshot:
    """Return a network with these guests on this host."""
    interface = IPv4Interface(f"{address}/22")
    return NetworkSnapshot(
        network=UUID,
        host="here",
        revision=1,
        label="private",
        topology=Topology.FLATDHCP,
        bridge=bridge,
        vlan=None,
        bridge_interface=None,
        mtu=None,
        cidr=interface.network,
        host_address=interface.ip,
        gateway=IPv4Address(gateway or address),
        enable_dhcp=True,
        dhcp_start=IPv4Address("10.0.0.3"),
        dns=(),
        project="a",
        vifs=tuple(guest(number) for number in guests),
    )


def served(host: Host, snapshot: NetworkSnapshot, *more: str) -> Dhcp:
    """Return the dnsmasq that the agent wants for the network, with a log of its own.

    :param more: further arguments
    """
    from dataclasses import replace

    agent = settings(host.state_path)
    agent = replace(agent, dhcp=replace(agent.dhcp, dhcpbridge=BRIDGEPROGRAM))
    wanted = dhcp(snapshot, 1500, agent)
    log = f"--log-facility={log_of(host, snapshot.bridge)}"
    return replace(wanted, arguments=(*wanted.arguments, log, *more))


def log_of(host: Host, bridge: str = "br100") -> Path:
    return host.state_path / f"{bridge}.log"


def serve(host: Host, snapshot: NetworkSnapshot) -> Dhcp:
    """Make the network's bridge, address and dnsmasq on the host."""
    assert snapshot.host_address is not None
    interface = IPv4Interface(f"{snapshot.host_address}/{snapshot.cidr.prefixlen}")
    wanted = served(host, snapshot)
    host.kernel.ensure(Bridge(snapshot.bridge, UUID, BRIDGE_MAC, 1500))
    host.kernel.ensure(Address(snapshot.bridge, interface))
    host.kernel.ensure(wanted)
    return wanted
