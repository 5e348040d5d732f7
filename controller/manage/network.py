"""``network``: create, change and delete the networks of guests."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cloudnet.controller.manage import argument_types, network_arguments, options
from cloudnet.controller.manage.command_kinds import ActionCommand, ListCommand, ShowCommand
from cloudnet.controller.model.network_edit import CLEARABLE, NetworkEdit

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session

SETTABLE = (
    "label",
    "cidr",
    "gateway",
    "gateway_v6",
    "dhcp_server",
    "dns1",
    "dns2",
    "mtu",
    "priority",
    "enable_dhcp",
    "host",
    "clear",
)


class _NetworkList(ListCommand):
    columns: tuple[str, ...] = (
        "label",
        "cidr",
        "topology",
        "vlan",
        "bridge",
        "dhcp_start",
        "dns1",
        "dns2",
        "multi_host",
        "host",
        "project_id",
        "uuid",
    )


class List(_NetworkList):
    """List the networks."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the filters."""
        options.add_owner_filter(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Return the networks, the oldest first."""
        networks = session.services.networks.list_networks()
        return [network for network in networks if options.has_owner(args, network.project_id)]


class Create(_NetworkList):
    """Create networks: all of them, or none if one cannot be created.

    Options that are left out come from the configuration: fixed_range, num_networks, network_size,
    network_manager, vlan_start, multi_host, network_host and so on.
    """

    makes_changes = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options of the networks."""
        network_arguments.add_options(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> Iterable[object]:
        """Create the networks and return them."""
        request = network_arguments.parse_request(args)
        before = session.services.networks.list_networks()
        created = session.services.networks.create(request)
        for label in sorted({network.label for network in created}):
            others = [network for network in before if network.label == label]
            if others:
                session.notes.append(
                    f"network {others[0].cidr} has the label {label}, too: commands need a range "
                    "or a uuid to tell them apart"
                )
        session.note_misnamed_host(args.host)
        return created


class Show(ShowCommand):
    """Show one network and how full it is."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the network."""
        options.add_network(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> dict[str, object]:
        """Return the network's columns and its usage."""
        network = session.find_network(args.network)
        usage = next(
            usage
            for usage in session.services.fixed.list_usage()
            if usage.network_uuid == network.uuid
        )
        columns = {k: v for k, v in vars(network).items() if k not in {"pool_start", "pool_end"}}
        return columns | {"total": usage.total, "used": usage.used, "free": usage.free}


class Delete(ActionCommand):
    """Delete a network that has no project and no guests."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the three ways to name the network."""
        names = parser.add_mutually_exclusive_group(required=True)
        names.add_argument(
            "network", nargs="?", type=argument_types.text, help=options.NETWORK_HELP
        )
        names.add_argument("--uuid", type=argument_types.uuid, help="its uuid")
        names.add_argument(
            "--fixed-range", type=argument_types.cidr, metavar="CIDR", help="its range"
        )

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Delete it."""
        network = session.find_network(args.network or args.uuid or str(args.fixed_range))
        session.services.networks.delete(uuid=network.uuid)
        return f"deleted network {network.label} {network.cidr}"


class Set(ActionCommand):
    """Change a network while it is in use: all given options, or none if one is refused."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the network and what can be changed."""
        options.add_network(parser)
        parser.add_argument("--label", type=argument_types.text, help="the new name")
        _add_addresses(parser)
        options.add_network_settings(parser)
        parser.add_argument(
            "--host",
            type=argument_types.host_name,
            help="the new gateway host of a single-host network",
        )

    def require_usage(self, args: argparse.Namespace) -> None:
        """Refuse a command line without a change."""
        if not _list_changes(args):
            options_of_set = ", ".join(f"--{name}" for name in SETTABLE).replace("_", "-")
            self.refuse_usage(f"nothing to set: one of {options_of_set} is needed")

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Change it."""
        network = session.find_network(args.network)
        edit = NetworkEdit(**_list_changes(args))
        session.services.networks.update(network.uuid, edit)
        session.note_misnamed_host(args.host)
        text = " ".join(f"{name}={value}" for name, value in edit.values.items())
        return f"set {text} on network {network.label} {network.cidr}"


def _list_changes(args: argparse.Namespace) -> dict[str, Any]:  # Any: values of several types
    given = {name: getattr(args, name) for name in SETTABLE}
    given["clear"] = frozenset(args.clear) or None
    return {name: value for name, value in given.items() if value is not None}


def _add_addresses(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cidr",
        type=argument_types.guest_range,
        metavar="CIDR",
        help="a wider range that begins with the same address",
    )
    for name, parse, text in (
        ("--gateway", argument_types.host_address, "the guests' default route"),
        ("--gateway-v6", argument_types.host_address6, "the IPv6 router"),
        ("--dhcp-server", argument_types.host_address, "the host's own address"),
    ):
        parser.add_argument(name, type=parse, metavar="ADDRESS", help=text)
    parser.add_argument(
        "--enable-dhcp", type=argument_types.boolean, metavar="T|F", help="whether DHCP is served"
    )
    parser.add_argument(
        "--clear",
        action="append",
        default=[],
        choices=CLEARABLE,
        metavar="COLUMN",
        help=f"set a column to no value: {', '.join(CLEARABLE)}; may be given more than once",
    )


class Notify(ActionCommand):
    """Send a network to its hosts again, after its rows were edited by SQL."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the network."""
        options.add_network(parser)

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Raise the revision of the network on its hosts, and notify these."""
        network, hosts = session.services.networks.refresh(session.find_network(args.network).uuid)
        named = f"hosts {', '.join(sorted(hosts))}" if hosts else "no host: none has or needs it"
        return f"sent network {network.label} {network.cidr} to {named}"


class Associate(ActionCommand):
    """Give a project one more network."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the network and the project."""
        parser.add_argument(
            "network",
            nargs="?",
            type=argument_types.text,
            help=f"{options.NETWORK_HELP} (default: the first one without a project)",
        )
        options.add_project(parser, "the project that gets the network")

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Associate them."""
        uuid = None if args.network is None else session.find_network(args.network).uuid
        network = session.services.networks.associate(args.project_id, uuid)
        return f"associated network {network.label} {network.cidr} with project {args.project_id}"


class Disassociate(ActionCommand):
    """Take a network from its project, or with --host from its gateway host."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the network and what it is taken from."""
        options.add_network(parser)
        parser.add_argument(
            "--host", action="store_true", help="take it from its gateway host, not its project"
        )
        parser.add_argument("--force", action="store_true", help="even if guests use the network")

    def execute(self, session: Session, args: argparse.Namespace) -> str:
        """Disassociate them."""
        network = session.find_network(args.network)
        session.services.networks.disassociate(
            network.uuid, project=not args.host, host=args.host, force=args.force
        )
        owner = f"host {network.host}" if args.host else f"project {network.project_id}"
        return f"disassociated network {network.label} {network.cidr} from {owner}"
