"""The options of ``network create``, nova-manage's and cloudnet's own, and their request."""

from __future__ import annotations

import argparse

from cloudnet.common import limits
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.manage import argument_types, options
from cloudnet.controller.model import validation
from cloudnet.controller.model.network_request import NetworkRequest

_VLAN_ID = argument_types.integer(*limits.VLAN_ID)

_RANGES = (
    (
        "--fixed-range-v4",
        argument_types.guest_range,
        "CIDR",
        "the range that the networks are cut from",
    ),
    ("--num-networks", argument_types.integer(*validation.NETWORKS), "N", "how many networks"),
    (
        "--network-size",
        argument_types.integer(*validation.NETWORK_SIZE),
        "N",
        "addresses in each network",
    ),
    ("--gateway", argument_types.host_address, "ADDRESS", "the guests' default route"),
    (
        "--dhcp-server",
        argument_types.host_address,
        "ADDRESS",
        "the host's own address, if the gateway is a router of yours",
    ),
    ("--fixed-cidr", argument_types.masked_cidr, "CIDR", "the part of the range that guests get"),
    ("--allowed-start", argument_types.host_address, "ADDRESS", "first usable address"),
    ("--allowed-end", argument_types.host_address, "ADDRESS", "last usable address"),
    (
        "--fixed-range-v6",
        argument_types.cidr6,
        "CIDR",
        "the IPv6 range that the networks are cut from; stored and shown, but not announced",
    ),
    (
        "--gateway-v6",
        argument_types.host_address6,
        "ADDRESS",
        "the IPv6 router, for one network (default: the first address)",
    ),
    (
        "--vpn",
        argument_types.integer(*validation.PORT),
        "PORT",
        "the vpn_public_port of the first network; stored only: no VPN server is run",
    ),
)

_DEVICES = (
    ("--vlan", _VLAN_ID, "ID", "exactly this VLAN id, for one network"),
    ("--vlan-start", _VLAN_ID, "ID", "the lowest VLAN id to take"),
    ("--bridge", argument_types.device, "DEVICE", "the bridge's name (default for VLANs: br<id>)"),
    ("--bridge-interface", argument_types.device, "DEVICE", "the device below the bridge"),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--label",
        type=argument_types.text,
        required=True,
        help="the name; several networks are named LABEL_0, LABEL_1, …",
    )
    for name, parse, metavar, text in _RANGES:
        parser.add_argument(name, type=parse, metavar=metavar, help=text)
    _add_topology(parser)
    options.add_network_settings(parser)
    parser.add_argument(
        "--project-id",
        type=argument_types.text,
        metavar="PROJECT",
        help="the project that gets the networks (default: none yet)",
    )
    parser.add_argument(
        "--uuid", type=argument_types.uuid, help="the network's uuid (default: random)"
    )
    parser.add_argument("--no-dhcp", action="store_true", help="do not serve DHCP")
    parser.add_argument(
        "--share-address",
        action="store_true",
        help="store share_address; no host shares an address yet: each takes one of its own",
    )


def _add_topology(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--topology",
        choices=[topology.value for topology in Topology],
        help="how the networks are connected (default: from network_manager)",
    )
    for name, parse, metavar, text in _DEVICES:
        parser.add_argument(name, type=parse, metavar=metavar, help=text)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument(
        "--multi-host",
        nargs="?",
        const=True,
        type=argument_types.boolean,
        metavar="T|F",
        help="every host is the gateway of its own guests",
    )
    modes.add_argument(
        "--single-host",
        dest="multi_host",
        action="store_false",
        default=None,
        help="one host is the gateway of all guests",
    )
    parser.add_argument(
        "--host",
        type=argument_types.host_name,
        help="the gateway host of single-host networks (default: network_host)",
    )


def parse_request(args: argparse.Namespace) -> NetworkRequest:
    """Return the request that the options make."""
    return NetworkRequest(
        label=args.label,
        cidr=args.fixed_range_v4,
        topology=None if args.topology is None else Topology(args.topology),
        num_networks=args.num_networks,
        network_size=args.network_size,
        vlan=args.vlan,
        vlan_start=args.vlan_start,
        bridge=args.bridge,
        bridge_interface=args.bridge_interface,
        multi_host=args.multi_host,
        host=args.host,
        gateway=args.gateway,
        dhcp_server=args.dhcp_server,
        dns1=args.dns1,
        dns2=args.dns2,
        fixed_cidr=args.fixed_cidr,
        allowed_start=args.allowed_start,
        allowed_end=args.allowed_end,
        uuid=args.uuid,
        project=args.project_id,
        priority=args.priority,
        mtu=args.mtu,
        enable_dhcp=not args.no_dhcp,
        cidr_v6=args.fixed_range_v6,
        gateway_v6=args.gateway_v6,
        vpn_start=args.vpn,
        share_address=args.share_address,
    )
