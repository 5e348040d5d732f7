"""Options for new networks and their addresses, read where networks are created."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common import limits
from cloudnet.common.limits import MTU, VLAN_ID
from cloudnet.common.settings.option_types import (
    Address,
    DeviceName,
    GuestRange,
    HostName,
    NetworkManager,
    Text,
)

NETWORKS: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "network_manager",
        type=NetworkManager(),
        default="nova.network.manager.VlanManager",
        help="The topology of networks that are created without --topology. VlanManager: every "
        "network has a VLAN and a bridge of its own and belongs to one project at a time. "
        "FlatDHCPManager: all projects share one bridge, which cloudnet creates and serves DHCP "
        "on. FlatManager: a bridge of the operator's; cloudnet only records addresses. nova's full "
        "class path and the bare name are both accepted. A network keeps the topology that it was "
        "created with, so all three can exist side by side.",
    ),
    cfg.BoolOpt(
        "multi_host",
        help="Whether new networks have a gateway, DHCP and NAT on every host for its own guests "
        "(True), or on one host for all (False). Not set: False if network_host is set, else True. "
        "`network create --multi-host` and `--single-host` override this option.",
    ),
    cfg.Opt(
        "network_host",
        type=HostName(empty=True),
        help="The host that is gateway, DHCP server and NAT of new single-host networks, by the "
        "name in its own `host` option. Not set: the first host that a network is used on.",
    ),
    cfg.Opt(
        "vlan_interface",
        type=DeviceName(),
        help="The network device that carries the VLANs: vlan<id> devices are created on top of "
        "it. Each node reads its own value, which overrides the bridge_interface that a network "
        "was created with.",
    ),
    cfg.IntOpt(
        "vlan_start",
        default=100,
        min=VLAN_ID.lowest,
        max=VLAN_ID.highest,
        help="The first VLAN id for new networks; the lowest free id from here on is used. "
        f"vlan_start + num_networks - 1 must not be above {VLAN_ID.highest}.",
    ),
    cfg.Opt(
        "flat_interface",
        type=DeviceName(),
        help="The network device that is put into the bridge of FlatDHCP networks. Each node reads "
        "its own value, which overrides the bridge_interface that a network was created with. Not "
        "set: the bridge has no uplink.",
    ),
    cfg.Opt(
        "flat_network_bridge",
        type=DeviceName(),
        help="The bridge of new Flat and FlatDHCP networks that are created without --bridge.",
    ),
    cfg.Opt(
        "flat_network_dns",
        type=Address(empty=True),
        default="8.8.4.4",
        help="The first name server (dns1) of new networks that are created without --dns1. Empty: "
        "none.",
    ),
    cfg.Opt(
        "fixed_range",
        type=GuestRange(),
        default="10.0.0.0/8",
        help="The range of which new networks are parts, in order, if `network create` is called "
        "without --fixed-range-v4. Empty: none, and each call must give one.",
    ),
    cfg.IntOpt(
        "num_networks",
        default=1,
        min=1,
        max=limits.LARGEST_NUMBER,
        help="How many networks one `network create` without --num-networks creates.",
    ),
    cfg.IntOpt(
        "network_size",
        default=256,
        min=1,
        max=2**32,
        help="How many addresses a new network has, rounded up to a power of two, if `network "
        "create` is called without --network-size: 256 is a /24, 1024 a /22. num_networks networks "
        "of this size must fit into fixed_range. Not set, and fixed_range too small for 256: the "
        "largest size that fits.",
    ),
    cfg.IntOpt(
        "network_device_mtu",
        min=MTU.lowest,
        max=MTU.highest,
        help="Bytes: the MTU of new networks that are created without --mtu. Not set: the MTU of "
        "the network device below.",
    ),
    cfg.IntOpt(
        "cnt_vpn_clients",
        default=0,
        min=0,
        max=limits.LARGEST_NUMBER,
        help="How many addresses at the end of each new VLAN network are reserved for VPN clients.",
    ),
    cfg.IntOpt(
        "create_unique_mac_address_attempts",
        default=5,
        min=1,
        max=limits.LARGEST_NUMBER,
        help="How many random MAC addresses are tried for a new interface before the call fails.",
    ),
    cfg.IntOpt(
        "fixed_ip_disassociate_timeout",
        default=600,
        min=0,
        max=limits.LARGEST_NUMBER,
        help="Seconds for which a released address is in quarantine at the most. It ends as soon "
        "as the address has no lease any more and its host has reported since, but not within 2 "
        "seconds: messages about it may still be under way.",
    ),
    cfg.Opt(
        "default_floating_pool",
        type=Text(empty=False),
        default="nova",
        help="The pool of floating IPs that is used when a call names none.",
    ),
    cfg.BoolOpt(
        "auto_assign_floating_ip",
        default=False,
        help="Whether each new instance gets a floating IP of default_floating_pool, on its first "
        "interface. It is released with the instance, and quotas do not count it. No free one: the "
        "instance gets no network.",
    ),
)
