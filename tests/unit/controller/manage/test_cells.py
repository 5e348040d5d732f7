"""Values in each output format: what is a number, a flag or nothing there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.common.wire.objects import Topology
from cloudnet.controller.manage.cells import Cell, format_cell, get_cell, to_cell


@dataclass(frozen=True)
class Row:
    address: IPv4Address


@pytest.mark.parametrize(
    "row", [Row(IPv4Address("10.0.0.3")), {"address": IPv4Address("10.0.0.3")}]
)
def test_a_column_is_a_key_or_an_attribute(row: Row | Mapping[str, object]) -> None:
    assert get_cell(row, "address") == "10.0.0.3"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.5, 0.5),
        ("text", "text"),
        (Topology.VLAN, "vlan"),
        (IPv4Network("10.0.0.0/8"), "10.0.0.0/8"),
        (datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05Z"),  # noqa: DTZ001 - as a row has it
        (
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-02T01:04:05Z",
        ),
        ((1, IPv4Address("10.0.0.1")), [1, "10.0.0.1"]),
        ({1: [Topology.FLAT, None]}, {"1": ["flat", None]}),
    ],
)
def test_a_value_becomes_what_json_can_carry(value: object, cell: Cell) -> None:
    assert to_cell(value) == cell


@pytest.mark.parametrize(
    ("cell", "table", "value", "shell", "csv"),
    [
        (None, "", "None", "None", None),
        (True, "yes", "True", "True", True),
        (False, "no", "False", "False", False),
        (3, 3, "3", "3", 3),
        ("a\x1b[2Jb", r"a\x1b[2Jb", r"a\x1b[2Jb", r"a\\x1b[2Jb", r"a\x1b[2Jb"),
        ("$(reboot) `x`", "$(reboot) `x`", "$(reboot) `x`", r"\$(reboot) \`x\`", "$(reboot) `x`"),
        (["a\n", "b"], "a\\n\nb", '["a\\n", "b"]', '["a\\\\n", "b"]', ["a\n", "b"]),
        ([{"k": "v", "l": 1}], "k: v, l: 1", '[{"k": "v", "l": 1}]', '[{"k": "v", "l": 1}]', ...),
    ],
)
def test_a_cell_is_printed_as_its_format_has_it(
    cell: Cell, table: object, value: object, shell: object, csv: object
) -> None:
    assert format_cell(cell, "table") == table
    assert format_cell(cell, "value") == value
    assert format_cell(cell, "shell") == shell
    assert format_cell(cell, "csv") == (cell if csv is ... else csv)


_CELLS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(_CELLS, st.sampled_from(["json", "yaml"]))
def test_json_and_yaml_have_each_cell_as_it_is(cell: Cell, formatter: str) -> None:
    assert format_cell(cell, formatter) is cell


@given(_CELLS, st.sampled_from(["table", "value", "shell"]))
def test_no_cell_commands_a_terminal(cell: Cell, formatter: str) -> None:
    shown = str(format_cell(cell, formatter)) if not isinstance(cell, dict) else ""

    assert not any(
        (ord(each) < 0x20 and each != "\n") or 0x7F <= ord(each) <= 0x9F for each in shown
    )


@given(_CELLS)
def test_a_shell_expands_nothing_of_a_cell(cell: Cell) -> None:
    shown = str(format_cell(cell, "shell"))

    rest = shown.replace("\\\\", "").replace("\\$", "").replace("\\`", "")
    assert not set(rest) & set("\\$`")
