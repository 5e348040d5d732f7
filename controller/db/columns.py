"""Column types: addresses are IPv4Address in Python and text in the database.

Operators read the tables with their own queries, as they did with nova-network's.
"""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from socket import AF_INET, inet_pton
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect

from cloudnet.common.wire.objects import Topology


class Address(sa.types.TypeDecorator[IPv4Address]):
    """An IPv4 address; the column is wide enough for IPv6 text."""

    impl = sa.String(39)
    cache_ok = True

    def process_bind_param(self, value: IPv4Address | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> IPv4Address | None:
        # Snapshots have thousands of them, and the C library parses them eight times as fast.
        return None if value is None else IPv4Address(inet_pton(AF_INET, value))


class Cidr(sa.types.TypeDecorator[IPv4Network]):
    """An IPv4 network in CIDR notation; the column is wide enough for IPv6 text."""

    impl = sa.String(43)
    cache_ok = True

    def process_bind_param(self, value: IPv4Network | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> IPv4Network | None:
        return None if value is None else IPv4Network(value)


class Address6(sa.types.TypeDecorator[IPv6Address]):
    """An IPv6 address."""

    impl = sa.String(39)
    cache_ok = True

    def process_bind_param(self, value: IPv6Address | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> IPv6Address | None:
        return None if value is None else IPv6Address(value)


class Cidr6(sa.types.TypeDecorator[IPv6Network]):
    """An IPv6 network in CIDR notation."""

    impl = sa.String(43)
    cache_ok = True

    def process_bind_param(self, value: IPv6Network | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> IPv6Network | None:
        return None if value is None else IPv6Network(value)


class TopologyName(sa.types.TypeDecorator[Topology]):
    """A network's topology, by its name."""

    impl = sa.String(16)
    cache_ok = True

    def process_bind_param(self, value: Topology | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> Topology | None:
        return None if value is None else Topology(value)


class Timestamp(sa.types.TypeDecorator[datetime]):
    """A time in UTC with microseconds, stored without a zone as in nova's tables."""

    impl = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


# SQLite generates ids only for a column of type INTEGER.
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
