"""From a filled oslo.config object to the typed, frozen views that core code is given."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

from oslo_config import cfg

from cloudnet.common.settings.broker_url import broker_url
from cloudnet.common.settings.check import Verdict
from cloudnet.common.settings.contradictions import network_size
from cloudnet.common.settings.views import (
    AgentSettings,
    ControllerSettings,
    DhcpSettings,
    NatSettings,
    NetworkDefaults,
    RpcSettings,
)


def controller_settings(conf: cfg.ConfigOpts, verdict: Verdict) -> ControllerSettings:
    """Return what the controller and ``cloudnet-manage`` are told."""
    return ControllerSettings(
        host=conf.host,
        rpc=_rpc(conf, verdict),
        database=conf.database.connection,
        networks=_networks(conf, verdict),
        quarantine_seconds=conf.fixed_ip_disassociate_timeout,
        mac_attempts=conf.create_unique_mac_address_attempts,
        default_floating_pool=conf.default_floating_pool,
        public_interface=conf.public_interface,
        quota_floating_ips=conf.quota.floating_ips,
        quota_fixed_ips=conf.quota.fixed_ips,
        report_interval_seconds=conf.report_interval,
        service_down_seconds=conf.service_down_time,
        workers=conf.executor_thread_pool_size,
    )


def agent_settings(conf: cfg.ConfigOpts, verdict: Verdict, dhcpbridge: Path) -> AgentSettings:
    """Return what an agent is told."""
    return AgentSettings(
        host=conf.host,
        rpc=_rpc(conf, verdict),
        my_ip=conf.my_ip,
        vlan_interface=conf.vlan_interface,
        flat_interface=conf.flat_interface,
        state_path=Path(conf.state_path),
        nat=_nat(conf),
        dhcp=_dhcp(conf, dhcpbridge),
        report_interval_seconds=conf.report_interval,
        resync_seconds=conf.cloudnet.resync_interval,
        gratuitous_arps=0 if conf.send_arp_for_ha is False else conf.send_arp_for_ha_count,
    )


def _rpc(conf: cfg.ConfigOpts, verdict: Verdict) -> RpcSettings:
    if verdict.origin("DEFAULT", "transport_url") is not None:
        url = conf.transport_url
    else:
        url = broker_url(
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


def _networks(conf: cfg.ConfigOpts, verdict: Verdict) -> NetworkDefaults:
    multi_host: bool | None = conf.multi_host
    return NetworkDefaults(
        topology=conf.network_manager,
        multi_host=conf.network_host is None if multi_host is None else multi_host,
        network_host=conf.network_host,
        fixed_range=conf.fixed_range,
        num_networks=conf.num_networks,
        network_size=network_size(conf, verdict),
        vlan_start=conf.vlan_start,
        vlan_interface=conf.vlan_interface,
        flat_network_bridge=conf.flat_network_bridge,
        flat_interface=conf.flat_interface,
        dns1=conf.flat_network_dns,
        vpn_clients=conf.cnt_vpn_clients,
        mtu=conf.network_device_mtu,
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
