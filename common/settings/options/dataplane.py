"""How a node's guests reach the world: addresses, NAT, filter."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common.limits import MTU
from cloudnet.common.settings.option_types import Address, Host, Interface, Range, Text
from cloudnet.common.settings.options.wording import NO_EFFECT

DATAPLANE: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "my_ip",
        type=Address(),
        sample_default="<the address this host would send from>",
        help="This host's address on the management network; the default of several others. Not "
        "set: the address of the device that the default route leaves by (no packet is sent to "
        "find out), or 127.0.0.1 without a default route.",
    ),
    cfg.Opt(
        "host",
        type=Host(),
        sample_default="<this host's name>",
        help="This host's name in the service: where its messages go, what networks and instances "
        "name as their host. It must be the name that the compute service uses for this host.",
    ),
    cfg.Opt(
        "public_interface",
        type=Interface(),
        default="eth0",
        help="The network device towards the outside: guests' traffic that leaves by it is NATed, "
        "and floating IPs are put on it. Empty: guests are not NATed, and floating IPs need an "
        "interface of their own (`floating create --interface`).",
    ),
    cfg.Opt(
        "routing_source_ip",
        type=Address(empty=True),
        default="$my_ip",
        help="The address that guests without a floating IP are seen from outside as. Empty: they "
        "are not NATed.",
    ),
    cfg.ListOpt(
        "dmz_cidr",
        default=[],
        item_type=Range(),
        help="Networks, separated by commas, that guests reach with their own addresses, without "
        "NAT.",
    ),
    cfg.MultiOpt(
        "force_snat_range",
        item_type=Range(),
        help="A network towards which guests are NATed although their gateway is an external one. "
        f"May be given more than once. {NO_EFFECT}",
    ),
    cfg.Opt(
        "metadata_host",
        type=Address(),
        default="$my_ip",
        help="Where the metadata service is that guests reach at 169.254.169.254. With 127.0.0.1 "
        "it is on the node itself.",
    ),
    cfg.PortOpt(
        "metadata_port",
        default=8775,
        help="The metadata service's TCP port.",
    ),
    cfg.BoolOpt(
        "send_arp_for_ha",
        help="Whether a node that takes over an address tells its neighbours by gratuitous ARP. "
        "Not set, it does; False silences it.",
    ),
    cfg.IntOpt(
        "send_arp_for_ha_count",
        default=3,
        min=0,
        help="How many gratuitous ARPs are sent for each address that a node takes over.",
    ),
    cfg.Opt(
        "iptables_drop_action",
        type=Text(empty=False),
        default="DROP",
        help="The iptables target of packets that are refused: DROP, REJECT, or a chain of yours "
        "(for example one that logs first).",
    ),
    cfg.MultiOpt(
        "forward_bridge_interface",
        item_type=Text(),
        default=["all"],
        help="The devices that bridges may forward to; `all` means any. May be given more than "
        f"once. {NO_EFFECT}",
    ),
    cfg.Opt(
        "iptables_top_regex",
        type=Text(),
        default="",
        help=f"Which foreign iptables rules stay above nova's. {NO_EFFECT} cloudnet leaves every "
        "foreign rule where it is.",
    ),
    cfg.Opt(
        "iptables_bottom_regex",
        type=Text(),
        default="",
        help=f"Which foreign iptables rules stay below nova's. {NO_EFFECT} cloudnet leaves every "
        "foreign rule where it is.",
    ),
    cfg.IntOpt(
        "ebtables_exec_attempts",
        default=3,
        min=1,
        help=f"How often nova tried an ebtables command. {NO_EFFECT}",
    ),
    cfg.FloatOpt(
        "ebtables_retry_interval",
        default=1.0,
        min=0,
        help=f"Seconds that nova waited between those tries. {NO_EFFECT}",
    ),
    cfg.IntOpt(
        "network_device_mtu",
        min=MTU.lowest,
        max=MTU.highest,
        help="Bytes: the MTU of new networks that are created without --mtu. Not set: that of the "
        "network device below.",
    ),
    cfg.BoolOpt(
        "defer_iptables_apply",
        default=False,
        help=f"Whether nova-compute batched its iptables changes. {NO_EFFECT}",
    ),
    cfg.Opt(
        "firewall_driver",
        type=Text(),
        default="nova.virt.firewall.NoopFirewallDriver",
        help=f"The compute service's class for security groups. {NO_EFFECT}",
    ),
    cfg.BoolOpt(
        "allow_same_net_traffic",
        default=True,
        help=f"Whether the compute service lets one project's guests reach each other. {NO_EFFECT}",
    ),
    cfg.Opt(
        "libvirt_vif_driver",
        type=Text(),
        help=f"The compute service's class for guests' network devices. {NO_EFFECT}",
    ),
    cfg.Opt(
        "injected_network_template",
        type=Text(),
        help="The compute service's template for addresses written into a guest's image. "
        f"{NO_EFFECT}",
    ),
    cfg.Opt(
        "default_access_ip_network_name",
        type=Text(),
        help="The network whose address the compute service shows as an instance's own. "
        f"{NO_EFFECT}",
    ),
)
