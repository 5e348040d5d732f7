"""The type of an option that lists VLAN ids."""

from __future__ import annotations

from cloudnet.common.limits import VLAN_ID
from cloudnet.common.settings.option_types import OptionType


class VlanIds(OptionType):
    """A VLAN id, or the first and the last id of a range."""

    expected = f"VLAN ids from {VLAN_ID.lowest} to {VLAN_ID.highest}, such as 4000, or 1002-1005,"

    def __init__(self) -> None:
        super().__init__("VLAN id or range")

    def __call__(self, value: object) -> range:
        if isinstance(value, range):
            return value
        first, dash, last = str(value).strip().partition("-")
        if not first.strip().isdecimal() or (dash and not last.strip().isdecimal()):
            raise ValueError(self.expected)
        ids = range(int(first), int(last if dash else first) + 1)
        if not ids or ids[0] not in VLAN_ID or ids[-1] not in VLAN_ID:
            raise ValueError(self.expected)
        return ids
