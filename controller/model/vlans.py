"""VLAN ids: choosing those of new networks, and the bridge that belongs to each."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cloudnet.common.errors import DuplicateVlan, NoMoreVlans
from cloudnet.common.limits import VLAN_ID


def get_bridge(vlan: int) -> str:
    """Return the name of a VLAN network's bridge, the same one as nova-network's."""
    return f"br{vlan}"


def pick_free(count: int, start: int, taken: Collection[int]) -> list[int]:
    """Return the ``count`` lowest ids from ``start`` on that no network has.

    :raises NoMoreVlans: there are fewer
    """
    free = [vlan for vlan in range(start, VLAN_ID.highest + 1) if vlan not in taken]
    if len(free) < count:
        raise NoMoreVlans(
            f"{len(free)} VLAN ids are free from {start} to {VLAN_ID.highest}, {count} are needed; "
            "delete networks or start at a lower id"
        )
    return free[:count]


def require_free(vlan: int, taken: Mapping[int, str], excluded: Collection[int] = ()) -> list[int]:
    """Return the one id that is requested.

    :param taken: the ids that networks have, with the networks' names
    :raises DuplicateVlan: a network has it, or the configuration excludes it
    """
    if vlan in excluded:
        raise DuplicateVlan(
            f"VLAN {vlan} is in excluded_vlans; leave it out, give another or change the option"
        )
    if vlan in taken:
        raise DuplicateVlan(
            f"VLAN {vlan} belongs to network {taken[vlan]}; leave it out or give another"
        )
    return [vlan]
