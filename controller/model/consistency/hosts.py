"""Hosts: whether they exist, and have the networks that they need."""

from __future__ import annotations

from collections.abc import Iterator

from cloudnet.controller.model.consistency.finding import Finding, Tables, find, set_columns

NOTIFY = "run `cloudnet-manage network notify {}`"


def check_hosts(tables: Tables, raw: Tables) -> Iterator[Finding]:
    """Return what contradicts in what hosts have and need.

    :param raw: all rows, for what is concluded from the absence of one
    """
    yield from _check_names(tables, raw)
    yield from _check_host_networks(tables)
    yield from _check_needed(tables, raw)
    yield from _check_counters(raw)


def _check_names(tables: Tables, raw: Tables) -> Iterator[Finding]:
    """Once agents have reported, a name that none of them has is most often mistyped."""
    known = {row["host"] for row in raw["services"] if row["binary"] == "cloudnet-agent"}
    if not known:
        return
    for table in ("networks", "instances", "fixed_ips", "floating_ips"):
        for row in tables[table]:
            if row["host"] is not None and row["host"] not in known:
                problem = f"no agent has ever reported from host {row['host']}"
                yield find(table, row, "host", problem, "correct the name, or start its agent")


def _check_host_networks(tables: Tables) -> Iterator[Finding]:
    networks = {row["id"]: row for row in tables["networks"]}
    for row in tables["host_networks"]:
        network = networks.get(row["network_id"])
        if network is not None and network["uuid"] != row["network_uuid"]:
            problem = f"{network['uuid']} is {row['network_uuid']} on host {row['host']}"
            remedy = set_columns("networks", network, uuid=row["network_uuid"])
            yield find("networks", network, "uuid", problem, remedy)
        if (row["applied_revision"] or 0) > row["revision"]:
            problem = f"{row['revision']} is below {row['applied_revision']}, which the host has"
            remedy = set_columns("host_networks", row, revision=row["applied_revision"] + 1)
            yield find("host_networks", row, "revision", problem, remedy)


def _check_needed(tables: Tables, raw: Tables) -> Iterator[Finding]:
    """Each host with a guest of a network, and the gateway of guests, has a row for it."""
    revisions = {(row["host"], row["network_id"]): row["revision"] for row in raw["host_networks"]}
    instances = {row["uuid"]: row for row in tables["instances"]}
    networks = {row["id"]: row for row in tables["networks"]}
    ids = {row["uuid"]: row["id"] for row in tables["networks"]}
    pending = {(row["host"], ids.get(row["network_uuid"])) for row in raw["host_changes"]}
    missing = set()
    for vif in tables["virtual_interfaces"]:
        network, instance = networks.get(vif["network_id"]), instances.get(vif["instance_uuid"])
        if network is None or instance is None:
            continue
        hosts = {instance["host"], instance["host"] if network["multi_host"] else network["host"]}
        missing |= {(host, network["id"]) for host in hosts - {None}}
        revision = revisions.get((instance["host"], network["id"]))
        is_pending = (instance["host"], network["id"]) in pending
        if isinstance(revision, int) and not is_pending and vif["host_revision"] > revision:
            problem = (
                f"{vif['host_revision']} is above {revision}, the one of host {instance['host']}"
            )
            remedy = set_columns("virtual_interfaces", vif, host_revision=revision)
            yield find("virtual_interfaces", vif, "host_revision", problem, remedy)
    for host, network_id in sorted(missing - revisions.keys() - pending):
        network = networks[network_id]
        problem = f"host {host} needs the network, but is not sent it"
        remedy = NOTIFY.format(network["cidr"])
        yield find("networks", network, "host", problem, remedy)


def _check_counters(raw: Tables) -> Iterator[Finding]:
    names = {row["name"] for row in raw["revisions"]}
    for name in sorted({"dns", "dns_pushed", "fixed_ranges", "projects"} - names):
        remedy = f"INSERT INTO revisions (name, value) VALUES ('{name}', 1)"  # noqa: S608 - a text
        yield Finding("revisions", name, "name", "the counter is missing", remedy)
    if len(raw["cloud"]) != 1:
        problem = f"{len(raw['cloud'])} rows name the cloud, where one is needed"
        remedy = "restore the table from a backup (docs/operators/backup.md)"
        yield Finding("cloud", "", "id", problem, remedy)
