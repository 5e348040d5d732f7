"""VLAN ids: the lowest free ones, never beyond what 802.1Q has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.common.errors import DuplicateVlan, NoMoreVlans
from cloudnet.common.limits import VLAN_ID
from cloudnet.controller.model import vlans

ids = st.integers(1, VLAN_ID.highest)


@given(st.integers(1, 50), ids, st.sets(ids))
def test_the_lowest_free_ids_are_picked(count: int, start: int, taken: set[int]) -> None:
    free = [vlan for vlan in range(start, VLAN_ID.highest + 1) if vlan not in taken]
    if len(free) < count:
        with pytest.raises(NoMoreVlans):
            vlans.pick_free(count, start, taken)
    else:
        assert vlans.pick_free(count, start, taken) == free[:count]


def test_the_last_id_can_be_picked() -> None:
    assert vlans.pick_free(1, VLAN_ID.highest, ()) == [4094]


def test_a_requested_id_must_be_free() -> None:
    assert vlans.require_free(7, {8: "web"}) == [7]
    with pytest.raises(DuplicateVlan, match="VLAN 8 belongs to network web; leave it out or give"):
        vlans.require_free(8, {8: "web"})
