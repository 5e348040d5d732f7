"""The lines that a program prints about an error before it ends."""

from __future__ import annotations

import pytest

from cloudnet.common.errors import (
    BadRequest,
    CloudnetError,
    ConfigurationError,
    NeedsOperator,
    NetworkNotFoundForCidr,
    format_refusal,
)


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (BadRequest("no such network"), ["prog: no such network"]),
        (ConfigurationError("one\ntwo"), ["prog: one", "prog: two"]),
        (BadRequest("a label\nof two lines"), ["prog: a label\nof two lines"]),
    ],
)
def test_only_an_error_of_the_configuration_has_several_lines(
    error: CloudnetError, lines: list[str]
) -> None:
    assert format_refusal("prog", error) == lines


@pytest.mark.parametrize(
    ("error", "families"),
    [
        (
            NetworkNotFoundForCidr,
            ["NetworkNotFound", "NotFound", "BadRequest", "CloudnetError"],
        ),
        (NeedsOperator, ["KernelRefused", "CloudnetError"]),
    ],
)
def test_an_error_belongs_to_the_family_of_who_must_act(
    error: type[CloudnetError], families: list[str]
) -> None:
    assert [each.__name__ for each in error.__mro__[1:-3]] == families
