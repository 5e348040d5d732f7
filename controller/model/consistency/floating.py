"""Floating IPs: their guests, projects and hosts."""

from __future__ import annotations

from collections.abc import Iterator

from cloudnet.controller.model.consistency.finding import Finding, Row, Tables, find, set_columns


def check_floating_ips(tables: Tables) -> Iterator[Finding]:
    """Return what contradicts in the rows of floating IPs."""
    fixed = {row["id"]: row for row in tables["fixed_ips"]}
    instances = {row["uuid"]: row for row in tables["instances"]}
    networks = {row["id"]: row for row in tables["networks"]}
    for row in tables["floating_ips"]:
        yield from _check_range(row, tables)
        target = fixed.get(row["fixed_ip_id"])
        if row["fixed_ip_id"] is None:
            yield from _check_unassociated(row)
        elif target is not None and not target["allocated"]:
            problem = f"{row['address']} is associated with {target['address']}, which no guest has"
            yield find("floating_ips", row, "fixed_ip_id", problem, _disassociate(row))
        elif target is not None and target["instance_uuid"] in instances:
            instance = instances[target["instance_uuid"]]
            yield from _check_project(row, instance)
            network = networks.get(target["network_id"])
            if network is not None:
                yield from _check_host(row, network, instance)


def _disassociate(row: Row) -> str:
    return set_columns("floating_ips", row, fixed_ip_id=None, host=None)


def _check_range(row: Row, tables: Tables) -> Iterator[Finding]:
    for network in tables["networks"]:
        if row["address"] in network["cidr"]:
            problem = f"{row['address']} is in {network['cidr']} of network {network['label']}"
            remedy = "delete the floating IP, or correct cidr of the network"
            yield find("floating_ips", row, "address", problem, remedy)


def _check_unassociated(row: Row) -> Iterator[Finding]:
    if row["host"] is not None:
        problem = f"host {row['host']} has {row['address']}, which is associated with no address"
        remedy = set_columns("floating_ips", row, host=None)
        yield find("floating_ips", row, "host", problem, remedy)


def _check_project(row: Row, instance: Row) -> Iterator[Finding]:
    if row["project_id"] != instance["project_id"]:
        problem = (
            f"{row['address']} belongs to project {row['project_id']}, its guest to project "
            f"{instance['project_id']}"
        )
        yield find("floating_ips", row, "project_id", problem, _disassociate(row))


def _check_host(row: Row, network: Row, instance: Row) -> Iterator[Finding]:
    needed = instance["host"] if network["multi_host"] else network["host"]
    if row["host"] != needed:
        problem = f"{row['host']} has {row['address']}, but the guest's gateway is on {needed}"
        remedy = set_columns("floating_ips", row, host=needed)
        yield find("floating_ips", row, "host", problem, remedy)
