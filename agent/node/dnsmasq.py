"""Pure: the dnsmasq that a network needs on this host.

Guests' lines can change without a restart: additions are seen by dnsmasq itself in its hosts
directory. What is on the command line is what can only change with a new process.
"""

from __future__ import annotations

import re

from cloudnet.agent.node.resources.dnsmasq import Dnsmasq, DnsmasqFiles
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.common.settings.views import AgentSettings, DhcpSettings
from cloudnet.common.wire.objects import NetworkSnapshot, Vif

# What dnsmasq takes for a lease time or an order where a name may stand (dhcp-host in its manual).
NO_NAME = re.compile(r"\d+[smhdw]?|infinite|ignore")
TAG = "cn"  # dnsmasq's name for the range; a network's label is the operator's and may hold commas


def dhcp(network: NetworkSnapshot, mtu: int, settings: AgentSettings) -> Dnsmasq:
    """Return the dnsmasq of a network for which this host has an address."""
    files = DnsmasqFiles.of(settings.dhcp.networks_path, network.bridge)
    return Dnsmasq(
        bridge=network.bridge,
        network=network.network,
        arguments=tuple(_arguments(network, files, settings.dhcp)),
        environment=(
            ("CLOUDNET_NETWORK", network.network),
            ("CLOUDNET_SOCKET", str(settings.state_path / "agent.sock")),
        ),
        hosts=tuple(f"{vif.mac},{_name(vif)},{vif.address}" for vif in network.vifs),
        options=tuple(_options(network, mtu)),
    )


def _name(vif: Vif) -> str:
    return f"host-{vif.hostname}" if NO_NAME.fullmatch(vif.hostname) else vif.hostname


def leases(network: NetworkSnapshot) -> list[Lease]:
    """Return the leases that this host's guests may hold."""
    return [Lease(network.bridge, vif.address, vif.mac) for vif in network.vifs]


def _arguments(network: NetworkSnapshot, files: DnsmasqFiles, dhcp: DhcpSettings) -> list[str]:
    servers = [*dhcp.dns_servers]
    if dhcp.use_network_dns_servers:
        servers += [str(server) for server in network.dns]
    dhcp_range = (
        f"set:{TAG},{network.dhcp_start},static,{network.cidr.netmask},{dhcp.lease_seconds}s"
    )
    return [
        "dnsmasq",
        "--strict-order",
        # Bound to its bridge alone, also when the address comes late or changes.
        "--bind-dynamic",
        f"--interface={network.bridge}",
        "--except-interface=lo",
        f"--conf-file={dhcp.dnsmasq_config_file or ''}",
        f"--pid-file={files.pid}",
        f"--dhcp-range={dhcp_range}",
        f"--dhcp-lease-max={network.cidr.num_addresses}",
        f"--dhcp-hostsdir={files.hosts}",
        f"--dhcp-optsfile={files.options}",
        f"--dhcp-leasefile={files.leases}",
        f"--dhcp-script={dhcp.dhcpbridge}",
        # A guest whose lease this dnsmasq does not remember (a rebuilt node, a lost file) gets an
        # ACK for its own address, and a guest of another host, whose broadcasts cross the trunk,
        # gets no answer at all.
        "--dhcp-authoritative",
        "--dhcp-ignore=tag:!known",
        "--no-hosts",
        *([f"--domain={dhcp.domain}"] if dhcp.domain else []),
        *(["--no-resolv"] if servers else []),
        *(f"--server={server}" for server in servers),
    ]


def _options(network: NetworkSnapshot, mtu: int) -> list[str]:
    # Option 3 without a value tells dnsmasq to send none, where it would name itself.
    router = f"3,{network.gateway}" if network.gateway is not None else "3"
    return [router, f"26,{mtu}"]
