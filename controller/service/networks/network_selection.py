"""Which networks an instance is put on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address

from cloudnet.common.errors import (
    BadRequest,
    NetworkNotFoundForProject,
    NoMoreNetworks,
    NoNetworksFound,
)
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.model.records import Network


@dataclass(frozen=True)
class RequestedNetwork:
    """A network that the caller names."""

    network: str  # uuid
    address: IPv4Address | None = None  # None: any


@dataclass(frozen=True)
class SelectedNetwork:
    """A network that an instance gets."""

    network: Network
    address: IPv4Address | None = None  # what the caller asked for; None: any


def select_networks(
    connection: Connection,
    project: str,
    requested: Sequence[RequestedNetwork],
    default: Topology,
    now: datetime,
) -> list[SelectedNetwork]:
    """Return the networks in the order of the request, or of their age.

    Without a request: the project's own; where VLANs are the rule and it has none, a free one
    becomes its own; where they are not, those that all share as well.
    """
    if requested:
        return _requested(connection, project, requested)
    shared = default is not Topology.VLAN
    found = network_rows.list_for_project(connection, project, shared=shared)
    if not found and not shared:
        associate_free_network(connection, project, now)
        found = network_rows.list_for_project(connection, project)
    return [SelectedNetwork(network) for network in found]


def associate_free_network(connection: Connection, project: str, now: datetime) -> None:
    """Give the project a network if it still has none.

    The counter is also a lock: of two first boots at once the second waits, and then sees what
    the first has done.

    :raises NoMoreNetworks: none is free
    """
    revision_rows.increment(connection, revision_rows.PROJECTS, now)
    if network_rows.list_for_project(connection, project):
        return
    while (free := network_rows.find_free_network(connection)) is not None:
        if network_rows.claim_for_project(connection, free, project, now):
            return
    raise no_free_network_error(project)


def no_free_network_error(project: str) -> NoMoreNetworks:
    """Return the error that says so."""
    return NoMoreNetworks(
        f"no network is free for project {project}; "
        "create some with `cloudnet-manage network create`"
    )


def _requested(
    connection: Connection, project: str, requested: Sequence[RequestedNetwork]
) -> list[SelectedNetwork]:
    uuids = [request.network for request in requested]
    for uuid in uuids:
        if uuids.count(uuid) > 1:
            raise BadRequest(
                f"requested_networks: network {uuid} is named more than once; an instance has one "
                "address on a network"
            )
    seen = network_rows.get_by_uuids(connection, uuids)
    if not seen:
        raise NoNetworksFound(f"requested_networks: no network is known as {', '.join(uuids)}")
    selected = []
    for request in requested:
        network = seen.get(request.network)
        if network is None or not _may_use(network, project):
            raise NetworkNotFoundForProject(
                f"requested_networks: network {request.network} is not one of project {project}'s"
            )
        selected.append(SelectedNetwork(network, request.address))
    return selected


def _may_use(network: Network, project: str) -> bool:
    if network.project_id is None:
        return network.topology is not Topology.VLAN  # a VLAN is a project's own or nobody's
    return network.project_id == project
