"""``instance``: what a compute service does by RPC, for operators and scripts."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cloudnet.controller.manage import argument_types, options
from cloudnet.controller.manage.command_kinds import ActionCommand, ListCommand

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session


class _InterfaceList(ListCommand):
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
        "hostname",
    )


class Allocate(_InterfaceList):
    """Allocate an interface and an address on each of an instance's networks.

    Repeating the command changes nothing and shows the same interfaces.
    """

    makes_changes = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the instance, its place and its networks."""
        options.add_instance(parser)
        options.add_project(parser, "the instance's project")
        parser.add_argument(
            "--host", type=argument_types.host_name, required=True, help="the host that it runs on"
        )
        parser.add_argument(
            "--hostname",
            type=argument_types.text,
            help="the name that it gets by DHCP, made a DNS label: up to the first dot, in lower "
            "case, with - for any other character than letters and digits (default: host-ADDRESS)",
        )
        parser.add_argument(
            "--network",
            action="append",
            type=argument_types.requested_network,
            default=[],
            metavar="NETWORK[=ADDRESS]",
            help=f"{options.NETWORK_HELP}, and the address there; may be given more than once "
            "(default: all networks of the project; a project without one gets a free one)",
        )

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Allocate the interfaces and return them."""
        from cloudnet.controller.service.instances.allocation import (  # noqa: PLC0415 - database
            BootRequest,
        )
        from cloudnet.controller.service.networks.network_selection import (  # noqa: PLC0415 - same
            RequestedNetwork,
        )

        requested = tuple(
            RequestedNetwork(session.find_network(name).uuid, address)
            for name, address in args.network
        )
        request = BootRequest(
            args.instance,
            args.project_id,
            args.host,
            hostname=args.hostname,
            requested=requested,
        )
        vifs = session.services.instances.allocate(request)
        session.note_misnamed_host(args.host)
        return _to_rows(session, args.instance, vifs)


class List(ListCommand):
    """List the instances that have addresses, with the addresses of each."""

    columns = ("instance_uuid", "project_id", "host", "hostname", "addresses")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the filters."""
        parser.add_argument("--host", help="only those on the host")
        parser.add_argument("--project-id", metavar="PROJECT", help="only those of the project")

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return the instances, the oldest first."""
        rows: dict[str, dict[str, Any]] = {}  # Any: cells of several types
        for guest in session.services.lookups.list_guests(args.host, args.project_id):
            row: dict[str, Any] = {
                "instance_uuid": guest.instance,
                "project_id": guest.project,
                "host": guest.host,
                "hostname": guest.hostname,
                "addresses": [],
            }
            rows.setdefault(guest.instance, row)["addresses"].append(guest.address)
        return rows.values()


class Migrate(ActionCommand):
    """Move an instance to another host: its networks follow it, with their floating IPs."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the instance and its new host."""
        options.add_instance(parser)
        parser.add_argument(
            "--host", type=argument_types.host_name, required=True, help="the new host"
        )

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Move it."""
        session.services.instances.move(args.instance, args.host)
        session.note_misnamed_host(args.host)
        return f"moved instance {args.instance} to host {args.host}"


class Show(_InterfaceList):
    """Show an instance's interfaces; one is active when all hosts that serve it have it."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the instance."""
        options.add_instance(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return the interfaces."""
        vifs = session.services.instances.get_network_info(args.instance)
        return _to_rows(session, args.instance, vifs)


class Deallocate(ActionCommand):
    """Release all interfaces and addresses of an instance; it may have none."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the instance."""
        options.add_instance(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Deallocate it."""
        session.services.instances.deallocate(args.instance)
        return f"deallocated instance {args.instance}"


def _to_rows(
    session: Session, instance: str, vifs: Iterable[Mapping[str, Any]]
) -> Iterable[dict[str, Any]]:
    """Return a row for each VIF, with the hostname as it is stored."""
    hostname = session.services.lookups.get_hostname(instance)
    return [_to_row(vif) | {"hostname": hostname} for vif in vifs]


def _to_row(vif: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a VIF in the form that compute services get; Any: JSON."""
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
