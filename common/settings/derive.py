"""Derive the typed, frozen settings from a filled oslo.config object."""

from __future__ import annotations

import os
from collections.abc import Sequence
from ipaddress import IPv4Network
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from oslo_config import cfg

from cloudnet.common.settings.check import Checked
from cloudnet.common.settings.contradictions import derive_network_size
from cloudnet.common.settings.views import (
    AgentSettings,
    ControllerSettings,
    DhcpSettings,
    DnsDriver,
    DnsServerSettings,
    NameSettings,
    NatSettings,
    NetworkDefaults,
    RpcSettings,
)

MOST_DEFAULT_PROCESSES = 8  # of a controller; more need an option, and a database for them


def derive_controller_settings(conf: cfg.ConfigOpts, checked: Checked) -> ControllerSettings:
    """Return the settings of the controller and of ``cloudnet-manage``."""
    return ControllerSettings(
        host=conf.host,
        rpc=_rpc(conf, checked),
        database=conf.database.connection,
        networks=_networks(conf, checked),
        quarantine_seconds=conf.fixed_ip_disassociate_timeout,
        instance_dns_domain=conf.instance_dns_domain and conf.instance_dns_domain.lower(),
        mac_attempts=conf.create_unique_mac_address_attempts,
        default_floating_pool=conf.default_floating_pool,
        quota_floating_ips=conf.quota.floating_ips,
        auto_assign_floating_ip=conf.auto_assign_floating_ip,
        quota_fixed_ips=conf.quota.fixed_ips,
        report_interval_seconds=conf.report_interval,
        service_down_seconds=conf.service_down_time,
        workers=conf.executor_thread_pool_size,
        processes=_count_processes(conf),
        wiring_seconds=conf.cloudnet.wiring_timeout,
        private_dns=conf.instance_dns_manager,
        public_dns=conf.floating_ip_dns_manager,
        dns_server=_dns_server(conf),
        update_dns_entries=conf.update_dns_entries,
        lease_seconds=conf.dhcp_lease_time,
    )


def _count_processes(conf: cfg.ConfigOpts) -> int:
    """Return how many processes a controller has; the queue of one process is not shared."""
    if (conf.transport_url or "").startswith("fake:"):
        return 1
    cores = len(os.sched_getaffinity(0))
    processes: int = conf.workers or min(cores, MOST_DEFAULT_PROCESSES)
    return processes


def derive_agent_settings(
    conf: cfg.ConfigOpts, checked: Checked, dhcpbridge: Path
) -> AgentSettings:
    """Return the settings of an agent."""
    return AgentSettings(
        host=conf.host,
        my_ip=conf.my_ip,
        rpc=_rpc(conf, checked),
        vlan_interface=conf.vlan_interface,
        flat_interface=conf.flat_interface,
        state_path=Path(conf.state_path),
        nat=_nat(conf),
        dhcp=_dhcp(conf, dhcpbridge),
        report_interval_seconds=conf.report_interval,
        resync_seconds=conf.cloudnet.resync_interval,
        removable_share=conf.cloudnet.removable_share,
        gratuitous_arps=0 if conf.send_arp_for_ha is False else conf.send_arp_for_ha_count,
        names=NameSettings(
            port=conf.cloudnet.dns_port,
            private=conf.instance_dns_manager is DnsDriver.DNSMASQ,
            public=conf.floating_ip_dns_manager is DnsDriver.DNSMASQ,
            peers=conf.update_dns_entries,
        ),
    )


def _dns_server(conf: cfg.ConfigOpts) -> DnsServerSettings | None:
    if DnsDriver.RFC2136 not in {conf.instance_dns_manager, conf.floating_ip_dns_manager}:
        return None
    return DnsServerSettings(
        address=conf.dns.server,
        port=conf.dns.port,
        zones=tuple(conf.dns.zone or ()),
        key_name=conf.dns.key_name,
        key_secret=conf.dns.key_secret,
        key_algorithm=conf.dns.key_algorithm,
        ttl_seconds=conf.dns.ttl,
    )


def _rpc(conf: cfg.ConfigOpts, checked: Checked) -> RpcSettings:
    if checked.find_origin("DEFAULT", "transport_url") is not None:
        url = conf.transport_url
    else:
        url = _format_broker_url(
            conf.rabbit_hosts or [conf.rabbit_host],
            conf.rabbit_port,
            conf.rabbit_userid,
            conf.rabbit_password,
            conf.rabbit_virtual_host,
        )
    return RpcSettings(
        transport_url=url,
        control_exchange=conf.control_exchange,
        response_timeout_seconds=conf.rpc_response_timeout,
    )


def _format_broker_url(
    hosts: Sequence[str], port: int, userid: str, password: str, virtual_host: str
) -> str:
    """Return ``rabbit://user:password@host:port,…/virtual_host`` with everything quoted."""
    login = f"{quote(userid, safe='')}:{quote(password, safe='')}"
    brokers = ",".join(f"{login}@{_add_port(host.strip(), port)}" for host in hosts)
    path = "" if virtual_host == "/" else quote(virtual_host, safe="")
    return f"rabbit://{brokers}/{path}"


def _add_port(host: str, port: int) -> str:
    if host.count(":") > 1 and not host.startswith("["):
        return f"[{host}]:{port}"  # an IPv6 address
    has_port = ":" in host.rpartition("]")[2]
    return host if has_port else f"{host}:{port}"


def _networks(conf: cfg.ConfigOpts, checked: Checked) -> NetworkDefaults:
    multi_host: bool | None = conf.multi_host
    return NetworkDefaults(
        topology=conf.network_manager,
        multi_host=conf.network_host is None if multi_host is None else multi_host,
        network_host=conf.network_host,
        fixed_range=conf.fixed_range,
        num_networks=conf.num_networks,
        network_size=derive_network_size(conf, checked),
        vlan_start=conf.vlan_start,
        vlan_interface=conf.vlan_interface,
        flat_network_bridge=conf.flat_network_bridge,
        flat_interface=conf.flat_interface,
        dns1=conf.flat_network_dns,
        vpn_clients=conf.cnt_vpn_clients,
        mtu=conf.network_device_mtu,
        excluded_vlans=frozenset(chain.from_iterable(conf.cloudnet.excluded_vlans)),
    )


def _nat(conf: cfg.ConfigOpts) -> NatSettings:
    dmz_cidr: list[IPv4Network] = conf.dmz_cidr
    return NatSettings(
        public_interface=conf.public_interface,
        routing_source_ip=conf.routing_source_ip,
        metadata_host=conf.metadata_host,
        metadata_port=conf.metadata_port,
        dmz_cidr=tuple(dmz_cidr),
        drop_action=conf.iptables_drop_action,
        routed_ranges=tuple(conf.cloudnet.routed_fixed_ranges),
        services=tuple(conf.cloudnet.services_for_guests),
    )


def _dhcp(conf: cfg.ConfigOpts, dhcpbridge: Path) -> DhcpSettings:
    servers: list[str | None] = conf.dns_server or []
    more = conf.dnsmasq_config_file
    return DhcpSettings(
        networks_path=Path(conf.networks_path),
        dhcpbridge=dhcpbridge,
        lease_seconds=conf.dhcp_lease_time,
        domain=conf.dhcp_domain or "",
        dns_servers=tuple(server for server in servers if server),
        use_network_dns_servers=conf.use_network_dns_servers,
        dnsmasq_config_file=None if more is None else Path(more),
        force_release=conf.force_dhcp_release,
    )
