"""nova's options that have no effect in cloudnet, as one table.

They are accepted with any value, so that one nova.conf can be shared with nova. A value with which
nova's network service would do something else than cloudnet does is logged when a daemon starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oslo_config import cfg, types

from cloudnet.common.settings.option_types import Address, Range, Range6, Text

NO_EFFECT = "Accepted so that nova.conf can be shared with nova; it has no effect in cloudnet."


@dataclass(frozen=True)
class _Row:
    name: str
    type: types.ConfigType
    default: object  # None: not set
    meaning: str  # in nova
    instead: str = ""  # what cloudnet has or does instead
    former: str = ""  # names that it had in [DEFAULT], separated by spaces
    multi: bool = False  # it may be given more than once
    secret: bool = False
    # None: no value makes cloudnet differ from nova; else the values, besides the default, with
    # which it does not differ, separated by spaces
    same: str | None = None


_FLAG, _TEXT, _OPTIONAL_ADDRESS, _ADDRESS = types.Boolean(), Text(), Address(empty=True), Address()
_COUNT, _COUNT_OR_NONE, _AT_LEAST_1 = types.Integer(0), types.Integer(-1), types.Integer(1)
_PORT, _SECONDS = types.Port(type_name="port value"), types.Float(0)
_IPV6_BACKEND = types.String(
    choices=[
        ("rfc2462", "the MAC address"),
        ("account_identifier", "the project and the MAC address"),
    ]
)
_FOREIGN_RULES = "cloudnet leaves every foreign rule in its place."

# fmt: off
_DEFAULT = (
    _Row("flat_injected", _FLAG, False,
         "Whether nova-compute writes a Flat network's addresses into the guest's image.", same=""),
    _Row("use_ipv6", _FLAG, False, "Whether guests get IPv6 addresses in addition to IPv4.",
         same=""),
    _Row("ipv6_backend", _IPV6_BACKEND, "rfc2462", "What an IPv6 address is derived from."),
    _Row("teardown_unused_network_gateway", _FLAG, False,
         "Whether a multi-host network's bridge, VLAN device and dnsmasq are removed from a host "
         "with its last guest.",
         instead="cloudnet always removes what no guest of the host needs."),
    _Row("share_dhcp_address", _FLAG, False,
         "Whether all hosts of a multi-host network have one and the same gateway address.",
         same=""),
    _Row("network_driver", _TEXT, "nova.network.linux_net", "nova's module for the data plane.",
         same=""),
    _Row("l3_lib", _TEXT, "nova.network.l3.LinuxNetL3", "nova's class for routing and NAT.",
         same=""),
    _Row("linuxnet_interface_driver", _TEXT,
         "nova.network.linux_net.LinuxBridgeInterfaceDriver", "nova's class for the gateway's "
         "device.", instead="cloudnet uses Linux bridges.",
         same="linux_net.LinuxBridgeInterfaceDriver"),
    _Row("linuxnet_ovs_integration_bridge", _TEXT, "br-int",
         "The bridge of nova's Open vSwitch driver."),
    _Row("ovs_vsctl_timeout", _COUNT, 120, "Seconds that ovs-vsctl may take."),
    _Row("network_topic", _TEXT, "network", "The RPC topic that compute services call.",
         instead="It is always `network`.", same=""),
    _Row("fake_call", _FLAG, False, "Whether nova calls its network code in-process."),
    _Row("fake_network", _FLAG, False, "Whether nova only logs commands instead of running them.",
         same=""),
    _Row("use_neutron", _FLAG, False, "Whether compute services use neutron instead."),
    _Row("network_api_class", _TEXT, "nova.network.api.API",
         "The compute service's class for networking (older than use_neutron)."),
    _Row("floating_range", Range(), "4.4.4.0/24", "The default range of floating IPs.",
         instead="Use `cloudnet-manage floating create --ip-range`."),
    _Row("fixed_range_v6", Range6(), "fd00::/48", "The range of new IPv6 networks."),
    _Row("gateway", _OPTIONAL_ADDRESS, None, "The gateway of new networks.",
         instead="Use `cloudnet-manage network create --gateway`.", same=""),
    _Row("gateway_v6", _TEXT, None, "The IPv6 gateway of new networks."),
    _Row("vpn_ip", _OPTIONAL_ADDRESS, "$my_ip", "The public address of a project's VPN server."),
    _Row("vpn_start", _PORT, 1000, "The first public port of the projects' VPN servers."),
    _Row("dns_update_periodic_interval", _COUNT_OR_NONE, -1,
         "Seconds between refreshes of the hosts' DNS entries; -1: none.",
         instead="Each report of a host brings it the names that it lacks."),
    _Row("force_snat_range", Range(), None, "A network towards which guests are NATed although "
         "their gateway is an external one.", multi=True, same=""),
    _Row("forward_bridge_interface", _TEXT, ["all"],
         "A device that bridges may forward to; `all` means any.", multi=True, same=""),
    _Row("iptables_top_regex", _TEXT, "", "Which foreign iptables rules stay above nova's.",
         instead=_FOREIGN_RULES, same=""),
    _Row("iptables_bottom_regex", _TEXT, "", "Which foreign iptables rules stay below nova's.",
         instead=_FOREIGN_RULES, same=""),
    _Row("ebtables_exec_attempts", _AT_LEAST_1, 3, "How often nova tries an ebtables command."),
    _Row("ebtables_retry_interval", _SECONDS, 1.0, "Seconds between those tries."),
    _Row("defer_iptables_apply", _FLAG, False, "Whether nova-compute batches iptables changes."),
    _Row("firewall_driver", _TEXT, "nova.virt.firewall.NoopFirewallDriver",
         "The compute service's class for security groups."),
    _Row("allow_same_net_traffic", _FLAG, True,
         "Whether the compute service lets one project's guests reach each other."),
    _Row("libvirt_vif_driver", _TEXT, None,
         "The compute service's class for guests' network devices."),
    _Row("injected_network_template", _TEXT, None,
         "The compute service's template for addresses written into a guest's image."),
    _Row("default_access_ip_network_name", _TEXT, None,
         "The network whose address the compute service shows as an instance's own."),
    _Row("dhcpbridge_flagfile", _TEXT, None, "A configuration file that nova's lease script reads.",
         instead="cloudnet's lease script reads none.", multi=True),
    _Row("use_single_default_gateway", _FLAG, False,
         "Whether a guest with several interfaces gets a default route only on the first.",
         same=""),
    _Row("periodic_interval", _COUNT, 60, "Seconds between nova's periodic tasks."),
    _Row("periodic_fuzzy_delay", _COUNT, 60, "Seconds by which nova delays the first of them."),
    _Row("periodic_enable", _FLAG, True, "Whether nova runs them."),
    _Row("node_availability_zone", _TEXT, "nova", "The zone that this host's service is in."),
    _Row("rpc_backend", _TEXT, "rabbit", "nova's driver for messages.",
         instead="cloudnet uses RabbitMQ.",
         same="kombu nova.rpc.impl_kombu nova.openstack.common.rpc.impl_kombu "
              "nova.rpc.impl_carrot"),
    _Row("fake_rabbit", _FLAG, False, "Whether nova's messages stay in one process.", same=""),
    _Row("rabbit_max_retries", _COUNT, 0, "How often nova tries to reach RabbitMQ; 0: always.",
         instead="cloudnet always tries again.", same=""),
    _Row("pybasedir", _TEXT, "/usr/lib/python3/dist-packages", "The directory of nova's modules."),
    _Row("bindir", _TEXT, "/usr/bin", "The directory of nova's programs."),
    _Row("rootwrap_config", _TEXT, "/etc/nova/rootwrap.conf", "How nova runs commands as root.",
         instead="cloudnet-agent is started with the capabilities that it needs."),
    _Row("root_helper", _TEXT, "sudo", "How nova ran commands as root before rootwrap_config."),
    _Row("security_group_handler", _TEXT, None, "nova's class for changes of security groups."),
    _Row("security_group_api", _TEXT, "nova", "nova's class for changes of security groups."),
    _Row("enable_network_quota", _FLAG, False, "Whether a project's networks are limited.",
         same=""),
    _Row("quota_networks", _COUNT_OR_NONE, 3,
         "How many networks a project may have; -1: any number."),
    _Row("ldap_dns_url", _TEXT, "ldap://ldap.example.com:389",
         "The server of nova's LDAP driver for DNS."),
    _Row("ldap_dns_user", _TEXT, "uid=admin,ou=people,dc=example,dc=org",
         "The user that this driver binds as."),
    _Row("ldap_dns_password", _TEXT, "password", "The password that it binds with.", secret=True),
    _Row("ldap_dns_soa_hostmaster", _TEXT, "hostmaster@example.org",
         "The mail address in its SOA records."),
    _Row("ldap_dns_servers", _TEXT, ["dns.example.org"],
         "A name server in its records; the first is the primary.", multi=True),
    _Row("ldap_dns_base_dn", _TEXT, "ou=hosts,dc=example,dc=org",
         "The place of its records in the tree."),
    _Row("ldap_dns_soa_refresh", _COUNT, 1800, "Seconds: the refresh timer in its SOA records."),
    _Row("ldap_dns_soa_retry", _COUNT, 3600, "Seconds: the retry timer in its SOA records."),
    _Row("ldap_dns_soa_expiry", _COUNT, 86400, "Seconds: the expiry timer in its SOA records."),
    _Row("ldap_dns_soa_minimum", _COUNT, 7200, "Seconds: the minimum timer in its SOA records."),
    _Row("keys_path", _TEXT, "$state_path/keys",
         "The directory in which nova's API keeps the VPN servers' keys."),
    _Row("ec2_dmz_host", _TEXT, "$my_ip", "The host of nova's EC2 API for guests."),
    _Row("ec2_port", _PORT, 8773, "The port of that API."),
)

_QUOTA = (
    _Row("recheck_quota", _FLAG, True, "Whether nova counts again after an allocation.",
         instead="cloudnet counts in the transaction that allocates."),
    _Row("reservation_expire", _COUNT, 86400,
         "Seconds after which nova's quota reservations expire.", former="reservation_expire"),
    _Row("until_refresh", _COUNT, 0, "How many reservations nova makes before it counts again.",
         former="until_refresh"),
    _Row("max_age", _COUNT, 0, "Seconds after which nova counts again.", former="max_age"),
    _Row("driver", _TEXT, "nova.quota.DbQuotaDriver", "nova's class for quotas.",
         former="quota_driver"),
)

_CLOUDPIPE = (
    _Row("vpn_image_id", _TEXT, "0", "The image of a project's VPN server.",
         former="vpn_image_id"),
    _Row("vpn_key_suffix", _TEXT, "-vpn",
         "The suffix of the names of its key pair and security group.", former="vpn_key_suffix"),
    _Row("vpn_flavor", _TEXT, "m1.tiny", "The flavor of its instance.",
         former="vpn_flavor vpn_instance_type"),
    _Row("boot_script_template", _TEXT, None, "The template of the script that it boots with.",
         former="boot_script_template"),
    _Row("dmz_net", _ADDRESS, "10.0.0.0", "The network that its clients get a route to.",
         former="dmz_net"),
    _Row("dmz_mask", _TEXT, "255.255.255.0", "The mask of that network.", former="dmz_mask"),
)

_API = (
    _Row("use_neutron_default_nets", _FLAG, False,
         "Whether tenant networks are looked up in neutron.", former="use_neutron_default_nets"),
    _Row("neutron_default_tenant_id", _TEXT, "default", "The project of those networks.",
         former="neutron_default_tenant_id"),
)

_TABLE: Mapping[str, Sequence[_Row]] = {
    "DEFAULT": _DEFAULT,
    "quota": _QUOTA,
    "cloudpipe": _CLOUDPIPE,
    "oslo_concurrency": (
        _Row("lock_path", _TEXT, None, "The directory of nova's lock files.", former="lock_path"),
    ),
    "upgrade_levels": (
        _Row("network", _TEXT, None, "The highest RPC version that compute services send."),
    ),
    "cells": (_Row("enable", _FLAG, False, "Whether nova runs as cells of the first kind."),),
    "api": _API,
}
# fmt: on


def _build(row: _Row) -> cfg.Opt:
    again = "May be given more than once." if row.multi else ""
    help_text = " ".join(part for part in (row.meaning, again, NO_EFFECT, row.instead) if part)
    former = [cfg.DeprecatedOpt(name, group="DEFAULT") for name in row.former.split()]
    if row.multi:
        return cfg.MultiOpt(row.name, row.type, default=row.default, help=help_text)
    return cfg.Opt(
        row.name,
        row.type,
        default=row.default,
        help=help_text,
        secret=row.secret,
        deprecated_opts=former,
    )


WITHOUT_EFFECT: Mapping[str, tuple[cfg.Opt, ...]] = {
    group: tuple(_build(row) for row in rows) for group, rows in _TABLE.items()
}


def _list_same_values(row: _Row) -> frozenset[str]:
    default = row.default if isinstance(row.default, list) else [row.default]
    words = [*(row.same or "").split(), *("" if each is None else str(each) for each in default)]
    return frozenset(word.lower() for word in words)


WORTH_A_WARNING: Mapping[tuple[str, str], tuple[frozenset[str], str]] = {
    (group, row.name): (_list_same_values(row), row.instead)
    for group, rows in _TABLE.items()
    for row in rows
    if row.same is not None
}
"""By group and name: the values with which cloudnet does what nova did, and what it does instead.
"""
