"""``network``: what guests are put on."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cloudnet.common import limits
from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.command_kinds import Deed, Listing, Showing
from cloudnet.controller.manage.network_arguments import add_request, request
from cloudnet.controller.model import validation

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Cloud

NETWORK = "a network's uuid, range or label"


class _Networks(Listing):
    columns: tuple[str, ...] = (
        "label",
        "cidr",
        "topology",
        "vlan",
        "bridge",
        "dhcp_start",
        "multi_host",
        "host",
        "project_id",
        "uuid",
    )


class List(_Networks):
    """List the networks."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which ones."""
        parser.add_argument("--project-id", metavar="PROJECT", help="only the project's")
        parser.add_argument("--free", action="store_true", help="only those without a project")

    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Return them, the oldest first."""
        return [
            network
            for network in cloud.networks.list_networks()
            if (args.project_id is None or network.project_id == args.project_id)
            and not (args.free and network.project_id is not None)
        ]


class Create(_Networks):
    """Create networks, all or none.

    What is left out comes from the configuration: fixed_range, num_networks, network_size,
    network_manager, vlan_start, multi_host, network_host and so on.
    """

    changes = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """What they are to be like."""
        add_request(parser)

    def things(self, cloud: Cloud, args: argparse.Namespace) -> Iterable[object]:
        """Make them and return them."""
        if args.vpn is not None:
            self.say("--vpn is without effect: cloudnet runs no VPN servers")
        return cloud.networks.create(request(args, cloud.settings.networks))


class Show(Showing):
    """Show one network."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which one."""
        parser.add_argument("network", type=argument_types.text, help=NETWORK)

    def thing(self, cloud: Cloud, args: argparse.Namespace) -> dict[str, Any]:
        """Return its row, and how full it is."""
        network = cloud.network(args.network)
        usage = next(u for u in cloud.fixed.list_usage() if u.network_uuid == network.uuid)
        columns = {k: v for k, v in vars(network).items() if k not in {"pool_start", "pool_end"}}
        return columns | {"total": usage.total, "used": usage.used, "free": usage.free}


class Delete(Deed):
    """Delete a network; it must have no project and no guest."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which one."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("network", nargs="?", type=argument_types.text, help=NETWORK)
        which.add_argument("--uuid", type=argument_types.uuid, help="its uuid")
        which.add_argument(
            "--fixed-range", type=argument_types.network, metavar="CIDR", help="its range"
        )

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Delete it."""
        network = cloud.network(args.network or args.uuid or str(args.fixed_range))
        cloud.networks.delete(uuid=network.uuid)
        return f"deleted network {network.label} {network.cidr}"


class Set(Deed):
    """Change a network while it runs."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """What is to change."""
        parser.add_argument("network", type=argument_types.text, help=NETWORK)
        parser.add_argument("--label", type=argument_types.text, help="its new name")
        parser.add_argument("--dns1", type=argument_types.address, help="its first name server")
        parser.add_argument("--dns2", type=argument_types.address, help="its second name server")
        parser.add_argument(
            "--mtu", type=argument_types.number(*limits.MTU), metavar="BYTES", help="its MTU"
        )
        parser.add_argument(
            "--priority",
            type=argument_types.number(*validation.PRIORITY),
            help="a number, kept for you",
        )
        parser.add_argument(
            "--host",
            type=argument_types.text,
            help="the host that is to be its gateway (single-host)",
        )

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Change it."""
        network = cloud.network(args.network)
        names = ("label", "dns1", "dns2", "mtu", "priority", "host")
        wanted = {name: getattr(args, name) for name in names}
        said = [f"{name}={value}" for name, value in wanted.items() if value is not None]
        if said:
            cloud.networks.update(network.uuid, **wanted)
        return f"set {' '.join(said) or 'nothing'} on network {network.label} {network.cidr}"


class Associate(Deed):
    """Give a project one more network."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Whose, and which one."""
        parser.add_argument(
            "network",
            nargs="?",
            type=argument_types.text,
            help=f"{NETWORK} (default: the first free one)",
        )
        parser.add_argument(
            "--project-id",
            type=argument_types.text,
            metavar="PROJECT",
            required=True,
            help="whose it is",
        )

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Give it."""
        uuid = None if args.network is None else cloud.network(args.network).uuid
        network = cloud.networks.associate(args.project_id, uuid)
        return f"associated network {network.label} {network.cidr} with project {args.project_id}"


class Disassociate(Deed):
    """Take a network from its project (or with --host, from the host that is its gateway)."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Which one, and from what."""
        parser.add_argument("network", type=argument_types.text, help=NETWORK)
        parser.add_argument(
            "--host", action="store_true", help="take it from its gateway host, not its project"
        )
        parser.add_argument(
            "--force", action="store_true", help="even if guests have addresses of it"
        )

    def do(self, cloud: Cloud, args: argparse.Namespace) -> str:
        """Take it."""
        network = cloud.network(args.network)
        cloud.networks.disassociate(
            network.uuid, project=not args.host, host=args.host, force=args.force
        )
        owner = f"host {network.host}" if args.host else f"project {network.project_id}"
        return f"disassociated network {network.label} {network.cidr} from {owner}"
