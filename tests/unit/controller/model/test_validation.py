"""Names and numbers: one rule for RPC and the shell, and never more than a column takes."""

from __future__ import annotations

import pytest

from cloudnet.common import limits
from cloudnet.common.errors import InvalidInput, InvalidIntValue
from cloudnet.controller.db.tables import metadata, networks
from cloudnet.controller.model import validation


@pytest.mark.parametrize("wrong", [None, 7, "", "a\nb", "a\tb", "\udc80", "x" * 256])
def test_a_name_is_printable_and_fits_its_column(wrong: object) -> None:
    with pytest.raises(InvalidInput, match=r"^1 to 255 printable characters are needed, not "):
        validation.parse_text(wrong)


@pytest.mark.parametrize("wrong", ["x", True, 1.5, -1, "-1", 2**31, "9" * 20, [], None])
def test_a_number_fits_its_column(wrong: object) -> None:
    with pytest.raises(InvalidIntValue, match=r"^a whole number from 0 to 2147483647 is needed"):
        validation.parse_integer(wrong, *validation.PRIORITY)


def test_the_bounds_are_those_of_the_columns() -> None:
    names = {column.type.length for column in networks.c if column.name in {"label", "host"}}
    numbers = metadata.tables["quotas"].c.hard_limit.type

    assert names == {validation.LONGEST}
    assert (type(numbers).__name__, validation.LARGEST) == ("Integer", 2**31 - 1)


def test_a_refusal_names_the_argument_and_keeps_its_kind() -> None:
    with pytest.raises(InvalidIntValue, match=r"^vlan: a whole number from 1 to 4094 is needed"):
        validation.parse_argument("vlan", validation.parse_integer, "4095", *limits.VLAN_ID)
