"""Options of a node: its addresses, NAT, firewall and DHCP; the agent reads them."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common import limits
from cloudnet.common.settings.option_types import (
    Address,
    ChainName,
    DeviceName,
    DomainName,
    HostName,
    Range,
    Text,
)
from cloudnet.common.settings.program_values import AbsolutePath, DnsServer

HOSTS: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "my_ip",
        type=Address(),
        sample_default="<the source address of this host's default route>",
        help="This host's address on the management network, and the default of several other "
        "options. Not set: the source address of the default route (no packet is sent to find it), "
        "or 127.0.0.1 if there is no default route.",
    ),
    cfg.Opt(
        "host",
        type=HostName(),
        sample_default="<this host's name>",
        help="This host's name in the service: messages are addressed to it, and networks and "
        "instances refer to it. It must be the name that the compute service has for this host.",
    ),
    cfg.Opt(
        "public_interface",
        type=DeviceName(loopback=True),
        default="eth0",
        help="The network device towards the outside: guests' traffic that leaves by it is NATed, "
        "and floating IPs are added to it. Empty: guests are not NATed, and floating IPs need an "
        "interface of their own (`floating create --interface`).",
    ),
    cfg.Opt(
        "routing_source_ip",
        type=Address(empty=True),
        default="$my_ip",
        help="The source address, seen from outside, of guests without a floating IP. Empty: they "
        "are not NATed.",
    ),
    cfg.ListOpt(
        "dmz_cidr",
        default=[],
        item_type=Range(),
        help="Networks, separated by commas, that guests reach with their own addresses, without "
        "NAT.",
    ),
    cfg.Opt(
        "metadata_host",
        type=Address(),
        default="$my_ip",
        help="The address of the metadata service, which guests reach at 169.254.169.254. With "
        "127.0.0.1 it is on the node itself.",
    ),
    cfg.PortOpt("metadata_port", default=8775, help="The metadata service's TCP port."),
    cfg.BoolOpt(
        "send_arp_for_ha",
        help="Whether a node announces an address that it takes over by gratuitous ARP. Not set: "
        "it does. False: it does not.",
    ),
    cfg.IntOpt(
        "send_arp_for_ha_count",
        default=3,
        min=0,
        max=limits.LARGEST_NUMBER,
        help="How many gratuitous ARPs are sent for each address that a node takes over.",
    ),
    cfg.Opt(
        "iptables_drop_action",
        type=ChainName(),
        default="DROP",
        help="The iptables target of packets that are refused: DROP, REJECT, or a chain of the "
        "operator's (for example one that logs first).",
    ),
    cfg.Opt(
        "networks_path",
        type=AbsolutePath(),
        default="$state_path/networks",
        help="The directory of a node's dnsmasq files: hosts, options, leases, pids.",
    ),
    cfg.Opt(
        "dhcpbridge",
        type=Text(),
        sample_default="<cloudnet-dhcpbridge, beside cloudnet-agent or on PATH>",
        help="The program that dnsmasq runs for each lease. nova's own, or one that does not "
        "exist or is not executable, is replaced by cloudnet-dhcpbridge, which the agent "
        "logs at its start.",
    ),
    cfg.IntOpt(
        "dhcp_lease_time",
        default=86400,
        min=1,
        max=limits.LARGEST_NUMBER,
        help="Seconds after which guests must renew their lease. dnsmasq raises a value below 120 "
        "to 120.",
    ),
    cfg.BoolOpt(
        "force_dhcp_release",
        default=True,
        help="Whether the DHCP lease of a released address is ended at once on the host that "
        "serves it, so that the next guest with this address gets it at its first request.",
    ),
    cfg.Opt(
        "dhcp_domain",
        type=DomainName(),
        default="novalocal",
        help="The domain that guests get by DHCP, and of their names in the network's DNS. Empty: "
        "none.",
    ),
    cfg.MultiOpt(
        "dns_server",
        item_type=DnsServer(),
        help="A name server that dnsmasq asks, instead of those in the node's /etc/resolv.conf: "
        "ADDRESS or ADDRESS#PORT, or as dnsmasq's --server takes it (/example.org/ADDRESS, "
        "ADDRESS@SOURCE), but no host's name. May be given more than once.",
    ),
    cfg.BoolOpt(
        "use_network_dns_servers",
        default=False,
        help="Whether dnsmasq also asks the name servers that a network was created with (dns1, "
        "dns2).",
    ),
    cfg.Opt(
        "dnsmasq_config_file",
        type=AbsolutePath(empty=True),
        default="",
        help="A further configuration file that every dnsmasq reads (--conf-file). The agent does "
        "not start without it. Empty: none.",
    ),
)
