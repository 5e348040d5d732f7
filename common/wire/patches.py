"""Patches: what has changed of a snapshot, on a revision that the host has."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TypeVar

from cloudnet.common.wire.objects import FloatingIp, NetworkSnapshot, SnapshotPatch, Vif

T = TypeVar("T", Vif, FloatingIp)


def apply_patch(snapshot: NetworkSnapshot, patch: SnapshotPatch) -> NetworkSnapshot:
    """Return the snapshot of the patch's revision; applying it again changes nothing.

    :param snapshot: of the patch's base
    """
    return replace(
        snapshot,
        host=patch.host,
        revision=patch.revision,
        origin=patch.origin,
        vifs=_merge(snapshot.vifs, patch.vifs, frozenset(patch.removed_vifs)),
        floating_ips=_merge(
            snapshot.floating_ips, patch.floating_ips, frozenset(patch.removed_floating_ips)
        ),
    )


def _merge(
    present: tuple[T, ...], changed: tuple[T, ...], removed: AbstractSet[IPv4Address]
) -> tuple[T, ...]:
    """Return the items in the order of their addresses, of which each has one item."""
    by_address = {item.address: item for item in present}
    by_address.update({item.address: item for item in changed})
    kept = [item for address, item in by_address.items() if address not in removed]
    return tuple(sorted(kept, key=lambda item: item.address))
