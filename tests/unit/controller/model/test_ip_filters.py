"""Expressions that select addresses: what each matches, what SQL selects, and what is refused."""

from __future__ import annotations

import pytest

from cloudnet.common.errors import InvalidInput
from cloudnet.controller.model.ip_filters import parse_ip_filter


@pytest.mark.parametrize(
    ("expression", "like", "is_exact"),
    [
        ("10.0.0.3", "10_0_0_3%", True),
        (r"^10\.0\.0\.3$", "10.0.0.3", True),
        (r"10\.0\.[01]\.", "10.0.%", False),
        ("10.0.0.3*", "10_0_0_%", False),
        ("10.0|10.1", "%", False),
        ("(10|11).0", "%", False),
        ("0$0", "0%", False),
        (r"\d", "%", False),
    ],
)
def test_the_plain_beginning_of_an_expression_is_selected_by_sql(
    expression: str, like: str, is_exact: bool
) -> None:
    parsed = parse_ip_filter("ip", expression)

    assert (parsed.like, parsed.is_exact) == (like, is_exact)


@pytest.mark.parametrize(
    ("expression", "address", "matches"),
    [
        ("10.0", "10.0.0.3", True),
        ("0.0.3", "10.0.0.3", False),
        (r"10\.0\.0\.[1-9]$", "10.0.0.31", False),
        (r"10\.\d+\.\d+\.3", "10.0.0.3", True),
        ("10.0.(1|2).", "10.0.2.7", True),
        ("fd00:.*:fe1a", "fd00::f816:3eff:fe1a:1", True),
    ],
)
def test_an_expression_matches_from_the_start(expression: str, address: str, matches: bool) -> None:
    assert parse_ip_filter("ip", expression).matches(address) is matches


@pytest.mark.parametrize(
    "expression",
    [
        "",
        None,
        7,
        "1" * 129,
        "(1*)*",
        "(1+1+)+2",
        "1**",
        "*",
        ".*.*.*.*.*x",
        "a?" * 5,
        "(.|.)" * 7,
        r"(1)\1",
        "(?=1)",
        "10.0[",
        "10.0)",
        "1{999}",
        "x",
        "[z-a]",
    ],
)
def test_an_expression_that_could_take_long_or_is_none_is_refused(expression: object) -> None:
    with pytest.raises(InvalidInput, match=r"^filters\.ip: ") as refused:
        parse_ip_filter("filters.ip", expression)

    assert len(str(refused.value)) < 400
