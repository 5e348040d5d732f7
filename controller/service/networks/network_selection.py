"""Which networks an instance gets."""

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
from cloudnet.controller.db import changes
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import revisions as revision_rows
from cloudnet.controller.model.changes import NETWORK_UPDATED, network_change
from cloudnet.controller.model.records import Network


@dataclass(frozen=True)
class RequestedNetwork:
    """A network that a caller requests."""

    network: str  # uuid
    address: IPv4Address | None = None  # None: any
    tag: str | None = None  # the caller's name for the VIF


@dataclass(frozen=True)
class SelectedNetwork:
    """A network that an instance gets."""

    network: Network
    address: IPv4Address | None = None  # the one that the caller requests; None: any
    tag: str | None = None


def select_networks(
    connection: Connection,
    project: str,
    requested: Sequence[RequestedNetwork],
    default: Topology,
    now: datetime,
) -> list[SelectedNetwork]:
    """Return the requested networks in their order, or else the project's, the oldest first.

    A project without a network gets a free one if VLAN is the default topology. If it is not, the
    flat networks that all projects share are included.
    """
    if requested:
        return _select_requested(connection, project, requested)
    shared = default is not Topology.VLAN
    networks = network_rows.list_for_project(connection, project, with_shared=shared)
    if not networks and not shared:
        associate_free_network(connection, project, now)
        networks = network_rows.list_for_project(connection, project)
    return [SelectedNetwork(network) for network in networks]


def associate_free_network(connection: Connection, project: str, now: datetime) -> None:
    """Give a project a network if it still has none.

    :raises NoMoreNetworks: none is free
    """
    # The counter is also a lock: of two first boots at once the second one waits, and then finds
    # the network that the first one has associated.
    revision_rows.increment(connection, revision_rows.PROJECTS, now)
    if network_rows.list_for_project(connection, project):
        return
    while (free := network_rows.find_without_project(connection)) is not None:
        if network_rows.claim_for_project(connection, free, project, now):
            network = network_rows.get_by_id(connection, free)
            changes.add(connection, network_change(NETWORK_UPDATED, network))
            return
    raise no_free_network_error(project)


def no_free_network_error(project: str) -> NoMoreNetworks:
    """Return the error for a project when no network is free."""
    return NoMoreNetworks(
        f"no network is free for project {project}; "
        "create some with `cloudnet-manage network create`"
    )


def _select_requested(
    connection: Connection, project: str, requested: Sequence[RequestedNetwork]
) -> list[SelectedNetwork]:
    uuids = [request.network for request in requested]
    for uuid in uuids:
        if uuids.count(uuid) > 1:
            raise BadRequest(
                f"requested_networks: network {uuid} is named more than once; an instance has one "
                "address on a network"
            )
    networks = network_rows.map_by_uuid(connection, uuids)
    if not networks:
        raise NoNetworksFound(f"requested_networks: no network has uuid {', '.join(uuids)}")
    selected = []
    for request in requested:
        network = networks.get(request.network)
        if network is None or not _may_use(network, project):
            raise NetworkNotFoundForProject(
                f"requested_networks: project {project} has no network {request.network}"
            )
        selected.append(SelectedNetwork(network, request.address, request.tag))
    return selected


def _may_use(network: Network, project: str) -> bool:
    if network.project_id is None:
        return network.topology is not Topology.VLAN  # a VLAN is never shared by projects
    return network.project_id == project
