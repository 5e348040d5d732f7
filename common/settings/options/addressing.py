"""What new networks are cut from, and how addresses come and go."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common.settings.option_types import Address, Range, Range6, Text
from cloudnet.common.settings.options.wording import NO_EFFECT

ADDRESSING: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "fixed_range",
        type=Range(),
        default="10.0.0.0/8",
        help="The range that new networks are cut from, in order, when `network create` is not "
        "given --fixed-range-v4.",
    ),
    cfg.Opt(
        "floating_range",
        type=Range(),
        default="4.4.4.0/24",
        help="nova's default range of floating IPs. "
        f"{NO_EFFECT} Say `cloudnet-manage floating create --ip-range`.",
    ),
    cfg.Opt(
        "fixed_range_v6",
        type=Range6(),
        default="fd00::/48",
        help=f"The range that IPv6 networks are cut from. {NO_EFFECT}",
    ),
    cfg.IntOpt(
        "num_networks",
        default=1,
        min=1,
        help="How many networks one `network create` makes when it is not given --num-networks.",
    ),
    cfg.IntOpt(
        "network_size",
        default=256,
        min=1,
        help="How many addresses a new network has, rounded up to a power of two, when `network "
        "create` is not given --network-size: 256 is a /24, 1024 a /22. It must fit into "
        "fixed_range, num_networks times. Not set, and fixed_range smaller than 256 addresses: "
        "the whole of fixed_range.",
    ),
    cfg.Opt(
        "gateway",
        type=Address(empty=True),
        help=f"The gateway of nova's sample networks. {NO_EFFECT} Say `network create --gateway`.",
    ),
    cfg.Opt(
        "gateway_v6",
        type=Text(),
        help=f"The IPv6 gateway of nova's sample networks. {NO_EFFECT}",
    ),
    cfg.IntOpt(
        "cnt_vpn_clients",
        default=0,
        min=0,
        help="How many addresses at the top of each new VLAN network are kept free for VPN "
        "clients.",
    ),
    cfg.Opt(
        "vpn_ip",
        type=Address(empty=True),
        default="$my_ip",
        sample_default="$my_ip",
        help=f"The public address of a project's VPN server. {NO_EFFECT}",
    ),
    cfg.PortOpt(
        "vpn_start",
        default=1000,
        help=f"The first public port of the projects' VPN servers. {NO_EFFECT}",
    ),
    cfg.IntOpt(
        "create_unique_mac_address_attempts",
        default=5,
        min=1,
        help="How many random MAC addresses are tried for a new interface before the call fails.",
    ),
    cfg.IntOpt(
        "fixed_ip_disassociate_timeout",
        default=600,
        min=0,
        help="Seconds for which a released address rests before another guest may have it, unless "
        "its DHCP lease is known to have ended.",
    ),
    cfg.BoolOpt(
        "force_dhcp_release",
        default=True,
        help="Whether a released address's DHCP lease is ended at once on the host that serves "
        "it, so that the address is free again without waiting for the lease to run out.",
    ),
    cfg.BoolOpt(
        "auto_assign_floating_ip",
        default=False,
        help=f"Whether each new instance gets a floating IP that lives and dies with it. "
        f"{NO_EFFECT}",
    ),
    cfg.Opt(
        "default_floating_pool",
        type=Text(empty=False),
        default="nova",
        help="The pool of floating IPs that is meant when none is named.",
    ),
    cfg.BoolOpt(
        "update_dns_entries",
        default=False,
        help=f"Whether other hosts' DNS entries follow an instance's coming and going. {NO_EFFECT}",
    ),
    cfg.IntOpt(
        "dns_update_periodic_interval",
        default=-1,
        min=-1,
        help=f"Seconds between refreshes of the hosts' DNS entries; -1: none. {NO_EFFECT}",
    ),
)
