"""How a node's dnsmasq processes are run."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common.settings.option_types import Text
from cloudnet.common.settings.options.wording import NO_EFFECT

DHCP: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "networks_path",
        type=Text(empty=False),
        default="$state_path/networks",
        help="The directory in which a node keeps dnsmasq's files: hosts, options, leases, pids.",
    ),
    cfg.MultiOpt(
        "dhcpbridge_flagfile",
        item_type=Text(),
        help="The configuration files that nova's lease script read. May be given more than once. "
        f"{NO_EFFECT} cloudnet's lease script reads none.",
    ),
    cfg.Opt(
        "dhcpbridge",
        type=Text(),
        sample_default="<cloudnet-dhcpbridge, beside cloudnet-agent or on PATH>",
        help="The program that dnsmasq runs for each lease. nova's own, or one that is not there, "
        "is replaced by cloudnet-dhcpbridge, and the agent says so once at its start.",
    ),
    cfg.IntOpt(
        "dhcp_lease_time",
        default=86400,
        min=1,
        help="Seconds for which guests get their addresses before they must ask again. dnsmasq "
        "takes what is below 120 for 120.",
    ),
    cfg.Opt(
        "dhcp_domain",
        type=Text(),
        default="novalocal",
        help="The domain that guests are told and known by in their network's DNS. Empty: none.",
    ),
    cfg.MultiOpt(
        "dns_server",
        item_type=Text(),
        help="A name server that dnsmasq asks, instead of those in the node's /etc/resolv.conf. "
        "May be given more than once.",
    ),
    cfg.BoolOpt(
        "use_network_dns_servers",
        default=False,
        help="Whether dnsmasq also asks the name servers that a network was created with (dns1, "
        "dns2).",
    ),
    cfg.Opt(
        "dnsmasq_config_file",
        type=Text(),
        default="",
        help="A file of yours that every dnsmasq reads as well (--conf-file). Empty: none.",
    ),
    cfg.BoolOpt(
        "use_single_default_gateway",
        default=False,
        help="Whether a guest with several interfaces gets a default route only on the first. "
        f"{NO_EFFECT}",
    ),
)
