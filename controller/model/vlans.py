"""Which VLAN ids new networks get."""

from __future__ import annotations

from collections.abc import Collection

from cloudnet.common.errors import DuplicateVlan, NoMoreVlans

LAST = 4094  # 4095 is reserved by 802.1Q


def pick_free(count: int, start: int, taken: Collection[int]) -> list[int]:
    """Return the ``count`` lowest ids from ``start`` on that no network has.

    :raises NoMoreVlans: there are not so many
    """
    free = [vlan for vlan in range(start, LAST + 1) if vlan not in taken]
    if len(free) < count:
        raise NoMoreVlans(
            f"{len(free)} VLAN ids are free from {start} to {LAST}, {count} are needed; "
            "delete networks or start at a lower id"
        )
    return free[:count]


def require_free(vlan: int, taken: Collection[int]) -> list[int]:
    """Return the one id that was asked for.

    :raises DuplicateVlan: a network has it
    """
    if vlan in taken:
        raise DuplicateVlan(f"VLAN {vlan} belongs to another network; leave it out or give another")
    return [vlan]
