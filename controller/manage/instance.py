"""``instance``: what a compute service asks for, by hand."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.command_kinds import Deed, Listing

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Cloud


def _instance(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("instance", type=argument_types.uuid, help="the instance's uuid")


class _Interfaces(Listing):
    columns: tuple[str, ...] = (
        "network",
        "address",
        "mac",
        "gateway",
        "floating_ips",
        "bridge",
        "vlan",
        "active",
        "vif_uuid",
        "network_uuid",
    )


class Allocate(_Interfaces):
    """Give an instance an interface and an address on each of its networks.

    Made twice, it shows what the first time gave.
    """

    changes = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Whose, where, and on which networks."""
        _instance(parser)
        parser.add_argument(
            "--project-id",
            type=argument_types.text,
            metavar="PROJECT",
            required=True,
            help="whose it is",
        )
        parser.add_argument("--host", type=argument_types.text, required=True, help="where it runs")
        parser.add_argument(
            "--hostname",
            type=argument_types.text,
            help="the name it gets by DHCP (default: host-ADDRESS)",
        )
        parser.add_argument(
            "--network",
            action="append",
            type=argument_types.requested,
            default=[],
            metavar="NETWORK[=ADDRESS]",
            help="a network's uuid, range or label, and the address wanted there; may be given "
            "more than once (default: all of the project's, or a free one becomes its own)",
        )

    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Give them."""
        requested = [(cloud.network(name).uuid, address) for name, address in args.network]
        return map(
            _row,
            cloud.allocate(args.instance, args.project_id, args.host, args.hostname, requested),
        )


class Show(_Interfaces):
    """Show an instance's interfaces; active ones stand on all hosts that serve them."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which."""
        _instance(parser)

    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Return them."""
        return map(_row, cloud.instances.get_network_info(args.instance))


class Deallocate(Deed):
    """Take all that an instance has from it; nothing to take is success."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which."""
        _instance(parser)

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Take it."""
        cloud.instances.deallocate(args.instance)
        return f"deallocated instance {args.instance}"


def _row(vif: Mapping[str, Any]) -> dict[str, Any]:
    """Return one line for a VIF in the shape that compute services are told it in; Any: JSON."""
    network = vif["network"]
    subnet = network["subnets"][0]
    ip = subnet["ips"][0]
    return {
        "network": network["label"],
        "address": ip["address"],
        "mac": vif["address"],
        "gateway": subnet["gateway"]["address"],
        "floating_ips": [floating["address"] for floating in ip["floating_ips"]],
        "bridge": network["bridge"],
        "vlan": network["meta"].get("vlan"),
        "active": vif["active"],
        "vif_uuid": vif["id"],
        "network_uuid": network["id"],
    }
