"""Transactions that associate floating IPs with guests and disassociate them."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address

from cloudnet.common.errors import (
    CannotDisassociateAutoAssignedFloatingIP,
    FixedIpNotFoundForAddress,
    FloatingIpAssociateFailed,
    FloatingIpNotAssociated,
    Forbidden,
)
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.model.host_changes import ChangedPart
from cloudnet.controller.model.records import FloatingIp, Guest, SnapshotKey
from cloudnet.controller.service.caller import Caller
from cloudnet.controller.service.floating.lookup import find_guest, lost_race
from cloudnet.controller.service.hosts import attachment


def associate_floating_ip(
    connection: Connection,
    caller: Caller,
    floating: FloatingIp,
    fixed: IPv4Address,
    now: datetime,
    *,
    affect_auto_assigned: bool,
) -> tuple[str | None, set[SnapshotKey]]:
    """Associate a floating IP with a fixed one.

    Returns the uuid of the instance that loses the floating IP, if any, and which snapshots change.
    """
    _refuse_auto_assigned(floating, affect=affect_auto_assigned)
    guest = _lock_target(connection, caller, floating, fixed)
    if floating.fixed_ip_id == guest.fixed_ip_id:
        return None, set()
    loser = find_guest(connection, floating)
    network = network_rows.get_by_id(connection, guest.network_id)
    _set_target(connection, floating, guest.fixed_ip_id, network.gateway_host(guest.host), now)
    changed = _record_change(connection, guest, floating, now)
    if loser is None:
        return None, changed
    return loser.instance, changed | _record_change(connection, loser, floating, now)


def disassociate_floating_ip(
    connection: Connection, floating: FloatingIp, now: datetime, *, affect_auto_assigned: bool
) -> set[SnapshotKey]:
    """Disassociate a floating IP from its fixed one; return which snapshots change.

    :raises FloatingIpNotAssociated: it is associated with none
    """
    if floating.fixed_ip_id is None:
        raise FloatingIpNotAssociated(f"{floating.address} is not associated with a fixed IP")
    _refuse_auto_assigned(floating, affect=affect_auto_assigned)
    guest = find_guest(connection, floating)
    _set_target(connection, floating, None, None, now)
    return set() if guest is None else _record_change(connection, guest, floating, now)


def _lock_target(
    connection: Connection, caller: Caller, floating: FloatingIp, fixed: IPv4Address
) -> Guest:
    if floating.project_id is None:
        raise FloatingIpAssociateFailed(
            f"{floating.address} belongs to no project; allocate it to one first"
        )
    guest = guest_rows.lock_by_address(connection, fixed)
    if guest is None:
        raise FixedIpNotFoundForAddress(f"no instance has the address {fixed}")
    if not caller.is_admin and guest.project != floating.project_id:
        raise Forbidden(f"{fixed} belongs to an instance of another project")
    return guest


def _set_target(
    connection: Connection,
    floating: FloatingIp,
    fixed_ip_id: int | None,
    host: str | None,
    now: datetime,
) -> None:
    done = floating_rows.set_target(
        connection, floating, fixed_ip_id=fixed_ip_id, host=host, now=now
    )
    if not done:
        raise lost_race(floating)


def _record_change(
    connection: Connection, guest: Guest, floating: FloatingIp, now: datetime
) -> set[SnapshotKey]:
    network = network_rows.get_by_id(connection, guest.network_id)
    part = ChangedPart(fixed_ip=guest.address, floating_ip=floating.address)
    return attachment.record_changes(connection, network, guest.host, now, [part])


def _refuse_auto_assigned(floating: FloatingIp, *, affect: bool) -> None:
    if floating.auto_assigned and not affect:
        raise CannotDisassociateAutoAssignedFloatingIP(
            f"{floating.address} was auto-assigned to its instance and stays with it; "
            "use another floating IP"
        )
