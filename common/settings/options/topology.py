"""Which networks there are and what carries them."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common.limits import VLAN_ID
from cloudnet.common.settings.option_types import Address, Interface, Manager, Text
from cloudnet.common.settings.options.wording import NO_EFFECT

TOPOLOGY: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "network_manager",
        type=Manager(),
        default="nova.network.manager.VlanManager",
        help="What `network create` makes when it is not told: VlanManager gives every network a "
        "VLAN and a bridge of its own and belongs to one project at a time; FlatDHCPManager "
        "shares one bridge that cloudnet makes and serves DHCP on; FlatManager uses a bridge of "
        "yours and only records addresses. nova's full class path and the bare name are both "
        "understood. Networks keep the kind they were created with, so all three can live side "
        "by side.",
    ),
    cfg.BoolOpt(
        "multi_host",
        help="Whether new networks have a gateway, DHCP and NAT on every host for its own guests "
        "(True), or on one host for all (False). Not set, it is False when network_host is set "
        "and True otherwise. `network create --multi-host/--single-host` goes first.",
    ),
    cfg.Opt(
        "network_host",
        type=Text(),
        help="The host that is gateway, DHCP server and NAT of new single-host networks, by the "
        "name it has in its own `host` option. Not set: the first host that a network is used on.",
    ),
    cfg.Opt(
        "vlan_interface",
        type=Interface(),
        help="The network device that carries the VLANs: vlan<id> devices are made on top of it. "
        "Read on each node, so nodes may differ; it goes before the bridge_interface that a "
        "network was created with.",
    ),
    cfg.IntOpt(
        "vlan_start",
        default=100,
        min=VLAN_ID.lowest,
        max=VLAN_ID.highest,
        help="The first VLAN id that new networks take; the lowest free id from here on is used. "
        f"vlan_start + num_networks - 1 must not go beyond {VLAN_ID.highest}.",
    ),
    cfg.Opt(
        "flat_interface",
        type=Interface(),
        help="The network device that is put into the bridge of FlatDHCP networks. Read on each "
        "node; it goes before the bridge_interface that a network was created with. Not set: the "
        "bridge stays within the node.",
    ),
    cfg.Opt(
        "flat_network_bridge",
        type=Interface(),
        help="The bridge of new Flat and FlatDHCP networks that are created without --bridge.",
    ),
    cfg.Opt(
        "flat_network_dns",
        type=Address(empty=True),
        default="8.8.4.4",
        help="The first name server (dns1) of new networks that are created "
        "without --dns1. Empty: none.",
    ),
    cfg.BoolOpt(
        "flat_injected",
        default=False,
        help="Whether the compute service should write a Flat network's addresses into the "
        f"guest's image. {NO_EFFECT}",
    ),
    cfg.BoolOpt(
        "use_ipv6",
        default=False,
        help=f"Whether guests get IPv6 addresses beside their IPv4 ones. {NO_EFFECT}",
    ),
    cfg.StrOpt(
        "ipv6_backend",
        default="rfc2462",
        choices=[
            ("rfc2462", "the MAC address"),
            ("account_identifier", "the project and the MAC address"),
        ],
        help=f"What an IPv6 address is derived from. {NO_EFFECT}",
    ),
    cfg.BoolOpt(
        "teardown_unused_network_gateway",
        default=False,
        help="Whether a multi-host network's bridge, VLAN device and dnsmasq leave a host with "
        f"its last guest. {NO_EFFECT} cloudnet always takes away what no guest of the host needs.",
    ),
    cfg.BoolOpt(
        "share_dhcp_address",
        default=False,
        help="Whether all hosts of a multi-host network answer on one and the same gateway "
        f"address. {NO_EFFECT}",
    ),
    cfg.Opt(
        "network_driver",
        type=Text(),
        default="nova.network.linux_net",
        help=f"nova's module for the data plane. {NO_EFFECT}",
    ),
    cfg.Opt(
        "l3_lib",
        type=Text(),
        default="nova.network.l3.LinuxNetL3",
        help=f"nova's class for routing and NAT. {NO_EFFECT}",
    ),
    cfg.Opt(
        "linuxnet_interface_driver",
        type=Text(),
        default="nova.network.linux_net.LinuxBridgeInterfaceDriver",
        help=f"nova's class for the gateway's device. {NO_EFFECT} cloudnet uses Linux bridges.",
    ),
    cfg.Opt(
        "linuxnet_ovs_integration_bridge",
        type=Text(),
        default="br-int",
        help=f"The bridge of nova's Open vSwitch driver. {NO_EFFECT}",
    ),
    cfg.IntOpt(
        "ovs_vsctl_timeout",
        default=120,
        min=0,
        help=f"Seconds that ovs-vsctl may take. {NO_EFFECT}",
    ),
    cfg.Opt(
        "network_topic",
        type=Text(),
        default="network",
        help=f"The queue's topic that compute services call. {NO_EFFECT} It is always `network`.",
    ),
    cfg.BoolOpt(
        "fake_call",
        default=False,
        help=f"Whether nova called its network code in-process. {NO_EFFECT}",
    ),
    cfg.BoolOpt(
        "fake_network",
        default=False,
        help=f"Whether nova only logged the commands that it would have run. {NO_EFFECT}",
    ),
    cfg.BoolOpt(
        "use_neutron",
        default=False,
        help=f"Whether compute services use neutron instead. {NO_EFFECT}",
    ),
    cfg.Opt(
        "network_api_class",
        type=Text(),
        default="nova.network.api.API",
        help=f"The compute service's class for networking (older than use_neutron). {NO_EFFECT}",
    ),
)
