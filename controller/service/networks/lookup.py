"""Finding the network that a caller names, and refusing what its state does not allow."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from cloudnet.common.errors import (
    BadRequest,
    NetworkHasProject,
    NetworkInUse,
    NetworkNotFoundForCidr,
    NetworkNotFoundForUUID,
)
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.model.records import Network
from cloudnet.controller.service.caller import Caller


def get_network(connection: Connection, uuid: str) -> Network:
    """Return a network.

    :raises NetworkNotFoundForUUID: there is none with this uuid
    """
    return _require_found(network_rows.get_by_uuid(connection, uuid), uuid)


def find_network_uuid(connection: Connection, network: str | int) -> str:
    """Return the uuid of the network with a uuid or a number.

    :raises NetworkNotFoundForUUID: there is none
    """
    if isinstance(network, str):
        return get_network(connection, network).uuid
    uuid = network_rows.find_uuid(connection, network)
    if uuid is None:
        raise not_found(str(network))
    return uuid


def lock_network(connection: Connection, uuid: str) -> Network:
    """Return a network and lock it until the transaction ends.

    :raises NetworkNotFoundForUUID: there is none with this uuid
    """
    return _require_found(network_rows.get_by_uuid(connection, uuid, lock=True), uuid)


def lock_named_network(
    connection: Connection, uuid: str | None, cidr: IPv4Network | IPv6Network | None
) -> Network:
    """Return the network that is named by its uuid or its range, and lock it.

    :raises NetworkNotFoundForCidr: there is none with exactly this range
    """
    if uuid is not None:
        return lock_network(connection, uuid)
    if cidr is None:
        raise BadRequest("name the network by its uuid or by its range")
    network = network_rows.get_by_cidr(connection, cidr, lock=True)
    if network is None:
        raise NetworkNotFoundForCidr(
            f"no network has range {cidr}; see `cloudnet-manage network list`"
        )
    return network


def may_see(caller: Caller, network: Network) -> bool:
    """Whether a caller sees a network.

    A project sees its own networks and those that all projects share, but not the VLAN networks
    that no project has yet.
    """
    if caller.is_admin or network.project_id is not None:
        return caller.is_admin or network.project_id == caller.project
    return network.topology is not Topology.VLAN


def refuse_if_owned(network: Network) -> None:
    """Refuse a network that has a project.

    :raises NetworkHasProject: it has
    """
    if network.project_id is not None:
        raise NetworkHasProject(
            f"network {network.label} belongs to project {network.project_id}; disassociate it "
            f"first (`cloudnet-manage network disassociate {network.uuid}`)"
        )


def refuse_if_allocated(
    connection: Connection, network: Network, remedy: str = "delete their instances first"
) -> None:
    """Refuse a network that has guests.

    :raises NetworkInUse: it has
    """
    count = address_rows.count_allocated(connection, network.id)
    if count:
        raise NetworkInUse(f"network {network.label} has addresses in use: {count}; {remedy}")


def not_found(uuid: str) -> NetworkNotFoundForUUID:
    """Return the error for a network that does not exist, or not for the caller."""
    return NetworkNotFoundForUUID(f"no network has uuid {uuid}; see `cloudnet-manage network list`")


def _require_found(network: Network | None, uuid: str) -> Network:
    if network is None:
        raise not_found(uuid)
    return network
