"""Addresses of guests and hosts: who has them, and on which network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cloudnet.common.wire.objects import Topology
from cloudnet.controller.model.consistency.finding import (
    Finding,
    Row,
    Tables,
    delete,
    find,
    set_columns,
)

Index = Mapping[object, Row]


def check_addresses(tables: Tables, raw: Tables) -> Iterator[Finding]:
    """Return what contradicts in the rows of fixed IPs and virtual interfaces.

    :param raw: all rows, for what is concluded from the absence of one
    """
    networks = {row["id"]: row for row in tables["networks"]}
    instances = {row["uuid"]: row for row in tables["instances"]}
    vifs = {row["id"]: row for row in tables["virtual_interfaces"]}
    for row in tables["fixed_ips"]:
        network = networks.get(row["network_id"])
        if network is not None:
            yield from _check_place(row, network)
            yield from _check_own(row, network)
            yield from _check_project(row, network, instances)
        yield from _check_holder(row)
        yield from _check_vif(row, vifs)
    yield from _check_vifs_without_address(tables, raw)
    yield from _check_hosts_without_address(tables, raw, networks, instances)


def _check_place(row: Row, network: Row) -> Iterator[Finding]:
    cidr = network["cidr"]
    if row["address"] not in cidr:
        problem = f"{row['address']} is not in {cidr} of network {network['label']}"
        remedy = "set the network's cidr back, or release the address and delete the row"
        yield find("fixed_ips", row, "address", problem, remedy)
    elif row["position"] != int(row["address"]) - int(cidr[0]):
        needed = int(row["address"]) - int(cidr[0])
        problem = f"{row['position']} is not the offset of {row['address']} in {cidr}: {needed}"
        remedy = set_columns("fixed_ips", row, position=needed)
        yield find("fixed_ips", row, "position", problem, remedy)


def _check_own(row: Row, network: Row) -> Iterator[Finding]:
    """A guest or a host has what the network needs for itself."""
    for column in ("gateway", "dhcp_server", "vpn_private_address"):
        if network[column] == row["address"] and not row["reserved"]:
            holder = row["instance_uuid"] or row["host"]
            problem = f"{row['address']} is the network's {column}, and {holder} has it"
            remedy = f"set {column} of network {network['label']} to a reserved address"
            yield find("fixed_ips", row, "address", problem, remedy)


def _check_project(row: Row, network: Row, instances: Index) -> Iterator[Finding]:
    instance = instances.get(row["instance_uuid"])
    owner = network["project_id"]
    is_shared = owner is None and network["topology"] is not Topology.VLAN
    if instance is None or not row["allocated"] or is_shared or instance["project_id"] == owner:
        return
    problem = (
        f"{row['address']} belongs to an instance of project {instance['project_id']}, the network "
        f"to {'none' if owner is None else f'project {owner}'}"
    )
    remedy = set_columns("networks", network, project_id=instance["project_id"])
    yield find("networks", network, "project_id", problem, remedy)


def _check_holder(row: Row) -> Iterator[Finding]:
    holder = row["instance_uuid"] or row["host"]
    if row["reserved"] and holder is not None:
        problem = f"{row['address']} is reserved, and {holder} has it"
        remedy = set_columns("fixed_ips", row, reserved=False)
        yield find("fixed_ips", row, "reserved", problem, remedy)
    if not row["reserved"] and holder is None:
        problem = f"{row['address']} is neither reserved nor held: it is never free again"
        yield find("fixed_ips", row, "reserved", problem, delete("fixed_ips", row))


def _check_vif(row: Row, vifs: Index) -> Iterator[Finding]:
    if not row["allocated"]:
        return
    vif = vifs.get(row["virtual_interface_id"])
    if row["virtual_interface_id"] is None:
        problem = f"{row['address']} is allocated to {row['instance_uuid']} without an interface"
        remedy = set_columns("fixed_ips", row, allocated=False, updated_at=row["created_at"])
        yield find("fixed_ips", row, "virtual_interface_id", problem, remedy)
    elif vif is not None:
        for column in ("instance_uuid", "network_id"):
            if vif[column] != row[column]:
                problem = f"{row[column]} is not the interface's {column}, {vif[column]}"
                remedy = set_columns("fixed_ips", row, **{column: vif[column]})
                yield find("fixed_ips", row, column, problem, remedy)


def _check_vifs_without_address(tables: Tables, raw: Tables) -> Iterator[Finding]:
    served = {row["virtual_interface_id"] for row in raw["fixed_ips"] if row["allocated"]}
    for vif in tables["virtual_interfaces"]:
        if vif["id"] not in served:
            problem = f"{vif['address']} of instance {vif['instance_uuid']} has no address"
            remedy = delete("virtual_interfaces", vif)
            yield find("virtual_interfaces", vif, "id", problem, remedy)


def _check_hosts_without_address(
    tables: Tables, raw: Tables, networks: Index, instances: Index
) -> Iterator[Finding]:
    """On a multi-host network each host with guests has an address of its own, else none has."""
    own = {(row["network_id"], row["host"]): row for row in raw["fixed_ips"] if row["host"]}
    for (network_id, host), row in own.items():
        network = networks.get(network_id)
        if network is not None and not network["multi_host"]:
            problem = f"host {host} has {row['address']} as its own, but the network is single-host"
            remedy = "set multi_host back, or delete the guests and then the network"
            yield find("networks", network, "multi_host", problem, remedy)
    missing = {
        (row["network_id"], instances[row["instance_uuid"]]["host"])
        for row in tables["fixed_ips"]
        if row["allocated"] and row["instance_uuid"] in instances
    } - own.keys()
    for network_id, host in sorted(missing):
        network = networks.get(network_id)
        if network is not None and network["multi_host"]:
            problem = f"host {host} has guests, but no address of its own on the network"
            remedy = "set multi_host back, or delete the guests and then the network"
            yield find("networks", network, "multi_host", problem, remedy)
