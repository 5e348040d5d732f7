"""Finding a floating IP that a caller names, and the guest that it is associated with."""

from __future__ import annotations

from ipaddress import IPv4Address

from cloudnet.common.errors import FloatingIpNotFoundForAddress
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.model.records import FloatingIp, Guest
from cloudnet.controller.service.caller import Caller


def find_floating_ip(connection: Connection, caller: Caller, address: IPv4Address) -> FloatingIp:
    """Return a floating IP that the caller may use.

    :raises FloatingIpNotFoundForAddress: there is none with this address
    :raises Forbidden: it is another project's
    """
    floating = floating_rows.get_by_address(connection, address)
    if floating is None:
        raise FloatingIpNotFoundForAddress(
            f"{address} is no floating IP; see `cloudnet-manage floating list`"
        )
    caller.require_access(f"floating IP {address}", floating.project_id)
    return floating


def find_guest(connection: Connection, floating: FloatingIp) -> Guest | None:
    """Return the guest that a floating IP is associated with."""
    if floating.fixed_ip_id is None:
        return None
    return guest_rows.get_by_fixed_ip(connection, floating.fixed_ip_id)


def lost_race(floating: FloatingIp) -> Conflict:
    """Return the error with which a transaction runs again: another one changed a floating IP."""
    return Conflict(
        "floating_ips", (), f"another transaction changed {floating.address} at the same moment"
    )
