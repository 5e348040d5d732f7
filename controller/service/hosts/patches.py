"""Patches: the parts of a snapshot that a few changes concern, read without the rest of it.

There is no patch, and the complete snapshot is sent, when everything may have changed, and when the
network may be new on the host or must be removed from it.
"""

from __future__ import annotations

from cloudnet.common.errors import InvalidInput
from cloudnet.common.wire.objects import NetworkSnapshot, SnapshotPatch
from cloudnet.common.wire.validate import validate
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.db.rows import recovered as recovered_rows
from cloudnet.controller.model.host_changes import HostChange
from cloudnet.controller.model.records import HostNetwork
from cloudnet.controller.model.snapshot import build_snapshot

MOST_ADDRESSES = 200  # in a patch; a complete snapshot is not much larger then


def read_patch(
    connection: Connection, row: HostNetwork, change: HostChange
) -> SnapshotPatch | None:
    """Return the patch of a change, or None if the complete snapshot must be sent.

    :raises UnreadableRow: the row of the network cannot be used
    """
    fixed_ips = {part.fixed_ip for part in change.parts if part.fixed_ip is not None}
    floating_ips = {part.floating_ip for part in change.parts if part.floating_ip is not None}
    if (
        change.base is None
        or row.network_id is None
        or any(part.is_whole for part in change.parts)
        or len(fixed_ips) + len(floating_ips) > MOST_ADDRESSES
    ):
        return None
    network, own_address = network_rows.get_seen(connection, row.host, row.network_id)
    is_gateway_of_all = not network.multi_host and network.host == row.host
    guests_of = None if is_gateway_of_all else row.host
    # With another guest the host had the network before, and it keeps it.
    if not guest_rows.has_other_guests(connection, network.id, guests_of, fixed_ips):
        return None
    if recovered_rows.list_on_host(connection, row.host, network.uuid):
        return None
    present = build_snapshot(
        row,
        network,
        own_address,
        guest_rows.list_with_addresses(connection, network.id, fixed_ips),
        floating_rows.list_with_addresses(connection, row.host, network.id, floating_ips),
        is_kept=True,
    )
    if not isinstance(present, NetworkSnapshot) or not _is_valid(present):
        return None
    return SnapshotPatch(
        network.uuid,
        row.host,
        change.base,
        change.revision,
        vifs=present.vifs,
        removed_vifs=tuple(sorted(fixed_ips - {vif.address for vif in present.vifs})),
        floating_ips=present.floating_ips,
        removed_floating_ips=tuple(
            sorted(floating_ips - {floating.address for floating in present.floating_ips})
        ),
    )


def _is_valid(snapshot: NetworkSnapshot) -> bool:
    try:
        validate(snapshot)
    except InvalidInput:
        return False
    return True
