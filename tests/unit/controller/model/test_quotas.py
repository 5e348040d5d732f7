"""Limits on what a project may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.common.errors import FixedIpLimitExceeded, FloatingIpLimitExceeded, OutOfSupply
from cloudnet.controller.model.quotas import FIXED_IPS, FLOATING_IPS, NO_LIMIT, check_quota


@pytest.mark.parametrize(
    ("resource", "error"),
    [(FIXED_IPS, FixedIpLimitExceeded), (FLOATING_IPS, FloatingIpLimitExceeded)],
)
def test_a_request_beyond_the_limit_is_refused_by_the_resources_own_error(
    resource: str, error: type[OutOfSupply]
) -> None:
    with pytest.raises(error) as refused:
        check_quota(resource, "a", limit=10, used=9, wanted=2)

    assert str(refused.value) == (
        f"project a uses 9 of 10 {resource}, 2 more is too many; "
        "free some or raise it with `cloudnet-manage quota set`"
    )


def test_a_limit_of_zero_permits_nothing() -> None:
    with pytest.raises(FixedIpLimitExceeded):
        check_quota(FIXED_IPS, "a", limit=0, used=0)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_without_a_limit_everything_is_permitted(used: int, wanted: int) -> None:
    check_quota(FIXED_IPS, "a", limit=NO_LIMIT, used=used, wanted=wanted)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**6))
def test_exactly_what_is_left_can_be_had(limit: int, used: int, wanted: int) -> None:
    if wanted <= limit - used:
        check_quota(FIXED_IPS, "a", limit=limit, used=used, wanted=wanted)
    else:
        with pytest.raises(FixedIpLimitExceeded):
            check_quota(FIXED_IPS, "a", limit=limit, used=used, wanted=wanted)
