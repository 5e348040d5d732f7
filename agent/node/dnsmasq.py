"""Pure: the dnsmasq of a network on this host.

The command line holds what only a new process can change. Guests are lines in files, which change
without a restart: dnsmasq itself sees additions to its hosts directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cloudnet.agent.node.resources.dnsmasq import Dnsmasq, DnsmasqFiles
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.agent.node.resources.name_server import NameServerFiles
from cloudnet.agent.node.resources.network_names import NetworkNames, get_names_directory
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import NetworkSnapshot, Vif

# In place of a host name, dnsmasq reads these as a lease time or a keyword (--dhcp-host).
NOT_A_NAME = re.compile(r"\d+[smhdw]?|infinite|ignore")
# dnsmasq's name for the range. Not the network's label, which is free text and may hold commas.
TAG = "cn"


def render_dnsmasq(
    network: NetworkSnapshot, mtu: int, settings: AgentSettings, hosts: Iterable[str]
) -> Dnsmasq:
    """Return the dnsmasq of a network in which this host has an address.

    :param hosts: a line for each guest
    """
    files = DnsmasqFiles.of(settings.dhcp.networks_path, network.bridge)
    return Dnsmasq(
        bridge=network.bridge,
        network=network.network,
        arguments=tuple(_arguments(network, files, settings)),
        environment=(
            ("CLOUDNET_NETWORK", network.network),
            ("CLOUDNET_SOCKET", str(settings.state_path / "agent.sock")),
        ),
        hosts=tuple(hosts),
        options=tuple(_options(network, mtu)),
    )


def render_host(vif: Vif) -> str:
    """Return a guest's line for dnsmasq (--dhcp-host): MAC, name, address."""
    prefix = "host-" if NOT_A_NAME.fullmatch(vif.hostname) else ""
    return f"{vif.mac},{prefix}{vif.hostname},{vif.address}"


def render_lease(bridge: str, vif: Vif) -> Lease:
    """Return the lease that a guest may hold."""
    return Lease(bridge, vif.address, vif.mac)


def _arguments(network: NetworkSnapshot, files: DnsmasqFiles, settings: AgentSettings) -> list[str]:
    dhcp = settings.dhcp
    servers = [*dhcp.dns_servers]
    if dhcp.use_network_dns_servers:
        servers += [str(server) for server in network.dns]
    dhcp_range = (
        f"set:{TAG},{network.dhcp_start},static,{network.cidr.netmask},{dhcp.lease_seconds}s"
    )
    return [
        "dnsmasq",
        "--strict-order",
        # Serve this bridge only. Not --bind-dynamic: with it, each dnsmasq lists all addresses of
        # the host whenever one is added, 2 ms of processor for each of 200 dnsmasqs where 1,000
        # floating IPs are. The address is named so that another one needs a new process.
        "--bind-interfaces",
        f"--interface={network.bridge}",
        f"--listen-address={network.host_address}",
        "--except-interface=lo",
        f"--conf-file={dhcp.dnsmasq_config_file or ''}",
        f"--pid-file={files.pid}",
        f"--dhcp-range={dhcp_range}",
        f"--dhcp-lease-max={network.cidr.num_addresses}",
        f"--dhcp-hostsdir={files.hosts}",
        f"--dhcp-optsfile={files.options}",
        f"--dhcp-leasefile={files.leases}",
        f"--dhcp-script={dhcp.dhcpbridge}",
        # A guest of this host gets an ACK for its own address even if the lease file was lost. A
        # guest of another host, whose broadcasts cross the trunk, gets no reply.
        "--dhcp-authoritative",
        "--dhcp-ignore=tag:!known",
        "--no-hosts",
        *_list_name_arguments(settings, network.bridge),
        *([f"--domain={dhcp.domain}"] if dhcp.domain else []),
        *(["--no-resolv"] if servers else []),
        *(f"--server={server}" for server in servers),
    ]


def _list_name_arguments(settings: AgentSettings, bridge: str) -> list[str]:
    """Return where dnsmasq finds names that it has not leased addresses to.

    It reads the file at a SIGHUP, and the directory whenever that changes.
    """
    path, names = settings.dhcp.networks_path, []
    if settings.names.serves_any:
        names.append(f"--servers-file={NameServerFiles.of(path).servers}")
    if settings.names.peers:
        names.append(f"--hostsdir={get_names_directory(path, bridge)}")
    return names


def render_names(network: NetworkSnapshot, domain: str) -> NetworkNames:
    """Return the names of the network's guests on other hosts, as dnsmasq has those of its own."""
    lines = (
        f"{each.address} {each.hostname}.{domain} {each.hostname}\n"
        if domain
        else f"{each.address} {each.hostname}\n"
        for each in network.names
    )
    return NetworkNames(network.bridge, "".join(lines))


def _options(network: NetworkSnapshot, mtu: int) -> list[str]:
    # Option 3 (router) without a value: dnsmasq sends none, instead of its own address.
    router = f"3,{network.gateway}" if network.gateway is not None else "3"
    return [router, f"26,{mtu}"]
