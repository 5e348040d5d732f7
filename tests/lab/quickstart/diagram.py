"""A diagram of the cloud with its names, VLANs and addresses, as plain text."""

from tests.lab.cloud.cloud import Cloud
from tests.lab.machines.guest import Guest
from tests.lab.machines.node import Node
from tests.lab.machines.topology import CONTROLLER, OUTSIDE_HOST, ROUTER

WIDTH = 46


def draw_diagram(cloud: Cloud) -> str:
    """Return the diagram."""
    columns = [_node(cloud, node) for node in cloud.site.nodes]
    height = max(len(column) for column in columns)
    for column in columns:
        column[-1:-1] = [_inside("")] * (height - len(column))
    side_by_side = ["   ".join(lines) for lines in zip(*columns, strict=True)]
    switch = WIDTH * 2 + 3
    controller = f"RabbitMQ, database, controller  {CONTROLLER.ip}"
    return "\n".join(
        [
            f"outside host {OUTSIDE_HOST.ip}",
            "  │",
            f"router {ROUTER.ip}",
            "  │",
            f"  └── public network {ROUTER.network} ── eth1 of node1",
            "",
            *side_by_side,
            " " * 10 + "│ eth0" + " " * (WIDTH - 3) + "│ eth0",
            "═" * 10 + "╧" + "═" * (WIDTH + 2) + "╧" + "═" * (switch - WIDTH - 14),
            f"trunk: {CONTROLLER.network} untagged, a tag for each project's network",
            f"  └── {controller}",
        ]
    )


def _node(cloud: Cloud, node: Node) -> list[str]:
    nics = "  ".join(f"{nic.name} {nic.address.ip}" for nic in node.plan.nics)
    lines = [f" {nics} ", ""]
    bridges: dict[str, list[Guest]] = {}
    for guest, instance in cloud.instances.items():
        if instance.node is node:
            bridges.setdefault(guest.cards[0].bridge, []).append(guest)
    for bridge, guests in sorted(bridges.items()):
        lines += _bridge(cloud, node, bridge, guests)
    title = f"─ {node.name} "
    top = "┌" + title + "─" * (WIDTH - 2 - len(title)) + "┐"
    foot = "└" + "─" * 9 + "┬" + "─" * (WIDTH - 12) + "┘"
    return [top, *(_inside(line) for line in lines), foot]


def _bridge(cloud: Cloud, node: Node, bridge: str, guests: list[Guest]) -> list[str]:
    subnet = cloud.instances[guests[0]].network_info[0]["network"]["subnets"][0]["cidr"]
    own = node.get_address(bridge)
    lines = [f" {bridge} {own or '(layer 2 only)'}"]
    lines.append(f"  ├─ {bridge.replace('br', 'vlan')} on eth0, {subnet}")
    for number, guest in enumerate(guests):
        corner = "└" if number == len(guests) - 1 else "├"
        project = cloud.instances[guest].project
        lines.append(f"  {corner}─ {guest.name} {guest.address} of project {project}")
    return [*lines, ""]


def _inside(text: str) -> str:
    return "│" + text.ljust(WIDTH - 2) + "│"
