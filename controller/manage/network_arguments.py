"""The options of ``network create``, nova-manage's and ours, and the wish they make."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cloudnet.common import limits
from cloudnet.common.errors import BadRequest
from cloudnet.common.settings.views import NetworkDefaults
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.manage import argument_types
from cloudnet.controller.model import validation

if TYPE_CHECKING:
    from cloudnet.controller.model.network_plan import NetworkRequest

VLAN_ID = argument_types.number(*limits.VLAN_ID)


def add_request(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add = parser.add_argument
    add(
        "--label",
        type=argument_types.text,
        required=True,
        help="the networks' name; with several, _0, _1… is added",
    )
    _add_ranges(parser)
    _add_wiring(parser)
    add("--dns1", type=argument_types.address, metavar="ADDRESS", help="the first name server")
    add("--dns2", type=argument_types.address, metavar="ADDRESS", help="the second name server")
    add(
        "--mtu",
        type=argument_types.number(*limits.MTU),
        metavar="BYTES",
        help="the networks' MTU",
    )
    add(
        "--project-id",
        type=argument_types.text,
        metavar="PROJECT",
        help="whose they are (default: nobody's yet)",
    )
    add("--uuid", type=argument_types.uuid, help="the network's uuid (default: a random one)")
    add(
        "--priority",
        type=argument_types.number(*validation.PRIORITY),
        metavar="N",
        help="a number, kept for you",
    )
    add("--no-dhcp", action="store_true", help="serve no DHCP on them")
    add(
        "--vpn",
        type=argument_types.number(*validation.PORT),
        metavar="PORT",
        help=argparse.SUPPRESS,
    )


def _add_ranges(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--fixed-range-v4",
        type=argument_types.network,
        metavar="CIDR",
        help="what they are cut from",
    )
    add("--fixed-range-v6", metavar="CIDR", help=argparse.SUPPRESS)
    add(
        "--num-networks",
        type=argument_types.number(*validation.NETWORKS),
        metavar="N",
        help="how many",
    )
    add(
        "--network-size",
        type=argument_types.number(*validation.NETWORK_SIZE),
        metavar="N",
        help="addresses in each",
    )
    add(
        "--gateway",
        type=argument_types.address,
        metavar="ADDRESS",
        help="the guests' default route",
    )
    add("--gateway-v6", metavar="ADDRESS", help=argparse.SUPPRESS)
    add(
        "--dhcp-server",
        type=argument_types.address,
        metavar="ADDRESS",
        help="the host's own address, when the gateway is somebody else's",
    )
    add(
        "--fixed-cidr",
        type=argument_types.network,
        metavar="CIDR",
        help="where guests' addresses lie",
    )
    add(
        "--allowed-start",
        type=argument_types.address,
        metavar="ADDRESS",
        help="first usable address",
    )
    add("--allowed-end", type=argument_types.address, metavar="ADDRESS", help="last usable address")


def _add_wiring(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--topology",
        choices=[topology.value for topology in Topology],
        help="what carries them (default: as network_manager says)",
    )
    add("--vlan", type=VLAN_ID, metavar="ID", help="exactly this VLAN id, for one network")
    add("--vlan-start", type=VLAN_ID, metavar="ID", help="the lowest VLAN id to take")
    add(
        "--bridge",
        type=argument_types.text,
        metavar="DEVICE",
        help="the bridge's name (default for VLANs: br<id>)",
    )
    add(
        "--bridge-interface",
        type=argument_types.text,
        metavar="DEVICE",
        help="the device that the bridge is put on",
    )
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument(
        "--multi-host",
        nargs="?",
        const=True,
        type=argument_types.truth,
        metavar="T|F",
        help="a gateway on every host for its own guests",
    )
    modes.add_argument(
        "--single-host",
        dest="multi_host",
        action="store_false",
        default=None,
        help="one host is gateway for all",
    )
    add(
        "--host",
        type=argument_types.text,
        help="the gateway of single-host networks (default: network_host)",
    )


def request(args: argparse.Namespace, defaults: NetworkDefaults) -> NetworkRequest:
    """Return what the options ask for.

    :raises BadRequest: they ask for what cloudnet does not do
    """
    from cloudnet.controller.model.network_plan import NetworkRequest  # noqa: PLC0415 - for --help

    if args.fixed_range_v6 is not None or args.gateway_v6 is not None:
        raise BadRequest("IPv6 is not served yet; leave --fixed-range-v6 and --gateway-v6 out")
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
        mtu=args.mtu or defaults.mtu,
        enable_dhcp=not args.no_dhcp,
    )
