"""Column types: addresses are IPv4Address in Python and text in the database.

Operators read the tables with their own queries, as they did with nova-network's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from socket import AF_INET, inet_pton
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect

from cloudnet.common.errors import UnreadableRow
from cloudnet.common.wire.objects import Topology


def unreadable(value: object, needed: str) -> UnreadableRow:
    """Return the error for a value that is not what its column holds."""
    return UnreadableRow(
        f"a row of the database has {value!r} instead of {needed}; "
        "`cloudnet-manage db check` names it",
        value,
    )


class Address(sa.types.TypeDecorator[IPv4Address]):
    """An IPv4 address; the column is wide enough for IPv6 text."""

    impl = sa.String(39)
    cache_ok = True

    def process_bind_param(self, value: IPv4Address | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> IPv4Address | None:
        try:
            # Snapshots have thousands of them, and the C library parses them eight times as fast.
            return None if value is None else IPv4Address(inet_pton(AF_INET, value))
        except (OSError, TypeError, ValueError) as error:
            raise unreadable(value, "an IPv4 address") from error


class Cidr(sa.types.TypeDecorator[IPv4Network]):
    """An IPv4 network in CIDR notation; the column is wide enough for IPv6 text."""

    impl = sa.String(43)
    cache_ok = True

    def process_bind_param(self, value: IPv4Network | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> IPv4Network | None:
        try:
            return None if value is None else IPv4Network(value)
        except ValueError as error:
            raise unreadable(value, "a network like 10.0.0.0/24") from error


class Address6(sa.types.TypeDecorator[IPv6Address]):
    """An IPv6 address."""

    impl = sa.String(39)
    cache_ok = True

    def process_bind_param(self, value: IPv6Address | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> IPv6Address | None:
        try:
            return None if value is None else IPv6Address(value)
        except ValueError as error:
            raise unreadable(value, "an IPv6 address") from error


class AnyAddress(sa.types.TypeDecorator[IPv4Address | IPv6Address]):
    """An IPv4 or IPv6 address."""

    impl = sa.String(39)
    cache_ok = True

    def process_bind_param(
        self, value: IPv4Address | IPv6Address | None, dialect: Dialect
    ) -> str | None:
        return None if value is None else str(value)

    def process_result_value(
        self, value: Any, dialect: Dialect
    ) -> IPv4Address | IPv6Address | None:
        try:
            return None if value is None else ip_address(value)
        except ValueError as error:
            raise unreadable(value, "an IP address") from error


class Cidr6(sa.types.TypeDecorator[IPv6Network]):
    """An IPv6 network in CIDR notation."""

    impl = sa.String(43)
    cache_ok = True

    def process_bind_param(self, value: IPv6Network | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> IPv6Network | None:
        try:
            return None if value is None else IPv6Network(value)
        except ValueError as error:
            raise unreadable(value, "a network like fd00::/64") from error


class TopologyName(sa.types.TypeDecorator[Topology]):
    """A network's topology, by its name."""

    impl = sa.String(16)
    cache_ok = True

    def process_bind_param(self, value: Topology | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> Topology | None:
        try:
            return None if value is None else Topology(value)
        except ValueError as error:
            raise unreadable(value, "a topology") from error


class Timestamp(sa.types.TypeDecorator[datetime]):
    """A time in UTC with microseconds, stored without a zone as in nova's tables."""

    impl = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return SQLAlchemy's own conversion, which fails for text that SQLite has stored."""
        convert = super().result_processor(dialect, coltype)

        def convert_readable(value: Any) -> Any:  # Any: the driver's, then a datetime
            try:
                return value if convert is None else convert(value)
            except (TypeError, ValueError) as error:
                raise unreadable(value, "a time like 2026-11-27 21:30:00") from error

        return convert_readable

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


# SQLite generates ids only for a column of type INTEGER.
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
