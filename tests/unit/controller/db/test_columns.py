"""Column types: what is a value in Python and text in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.types import TypeDecorator

from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.columns import Address, Cidr, Timestamp, TopologyName

SQLITE = dialect()


@pytest.mark.parametrize(
    ("column", "value", "stored"),
    [
        (Address(), IPv4Address("10.0.0.3"), "10.0.0.3"),
        (Cidr(), IPv4Network("10.0.0.0/22"), "10.0.0.0/22"),
        (TopologyName(), Topology.FLATDHCP, "flatdhcp"),
        (
            Timestamp(),
            datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            datetime(2026, 1, 2, 3, 4, 5, 6),  # noqa: DTZ001 - as it is stored
        ),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_value_is_stored_as_text_and_null_as_null(
    column: TypeDecorator[object], value: object, stored: object
) -> None:
    assert column.process_bind_param(value, SQLITE) == stored
    assert column.process_result_value(stored, SQLITE) == value
    assert column.process_bind_param(None, SQLITE) is None
    assert column.process_result_value(None, SQLITE) is None


@given(st.ip_addresses(v=4))
def test_any_address_is_read_back_as_it_was_stored(address: IPv4Address) -> None:
    stored = Address().process_bind_param(address, SQLITE)

    assert Address().process_result_value(stored, SQLITE) == address


@given(st.datetimes(datetime(1900, 1, 2), datetime(2999, 1, 1)), st.integers(-23, 23))  # noqa: DTZ001 - hypothesis
def test_a_time_in_any_zone_is_the_same_moment_when_it_is_read(local: datetime, hours: int) -> None:
    moment = local.replace(tzinfo=timezone(timedelta(hours=hours)))
    stored = Timestamp().process_bind_param(moment, SQLITE)

    assert Timestamp().process_result_value(stored, SQLITE) == moment
