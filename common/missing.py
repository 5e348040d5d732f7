"""What a host lacks, and the packages that bring it.

Standard library only: this is also used where no other library is installed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Packages:
    """Where one program or library comes from."""

    debian: str
    rpm: str
    pip: str | None = None  # None: pip does not have it


PROGRAMS = {
    "dnsmasq": Packages("dnsmasq-base", "dnsmasq"),
    "dhcp_release": Packages("dnsmasq-utils", "dnsmasq-utils"),
}

SHARED_LIBRARIES = {
    "libip4tc": Packages("iptables", "iptables-libs"),
    "libxtables": Packages("iptables", "iptables-libs"),
}

PYTHON_LIBRARIES = {
    "alembic": Packages("python3-alembic", "python3-alembic", "alembic"),
    "cliff": Packages("python3-cliff", "python3-cliff", "cliff"),
    "dns": Packages("python3-dnspython", "python3-dns", "dnspython"),
    "iptc": Packages("python3-iptables", "python3-iptables", "python-iptables"),
    "kombu": Packages("python3-kombu", "python3-kombu", "kombu"),
    "oslo_config": Packages("python3-oslo.config", "python3-oslo-config", "oslo.config"),
    "oslo_log": Packages("python3-oslo.log", "python3-oslo-log", "oslo.log"),
    "oslo_messaging": Packages(
        "python3-oslo.messaging", "python3-oslo-messaging", "oslo.messaging"
    ),
    "psycopg": Packages("python3-psycopg", "python3-psycopg3", "psycopg[binary]"),
    "psycopg2": Packages("python3-psycopg2", "python3-psycopg2", "psycopg2-binary"),
    "pymysql": Packages("python3-pymysql", "python3-PyMySQL", "PyMySQL"),
    "MySQLdb": Packages("python3-mysqldb", "python3-mysqlclient", "mysqlclient"),
    "pyroute2": Packages("python3-pyroute2", "python3-pyroute2", "pyroute2"),
    "sqlalchemy": Packages("python3-sqlalchemy", "python3-sqlalchemy", "SQLAlchemy"),
    "tenacity": Packages("python3-tenacity", "python3-tenacity", "tenacity"),
}

_ALL = PROGRAMS | SHARED_LIBRARIES | PYTHON_LIBRARIES


def describe_packages(name: str) -> str:
    """Return the packages that have a program or a library: ``Debian: …; RPM: …; pip: …``."""
    packages = _ALL.get(name)
    if packages is None:
        return f"pip: {name}"
    words = [f"Debian: {packages.debian}", f"RPM: {packages.rpm}"]
    if packages.pip is not None:
        words.append(f"pip: {packages.pip}")
    return "; ".join(words)


def describe_missing_module(error: ModuleNotFoundError) -> str:
    """Return one line about a Python library that is not installed."""
    name = (error.name or str(error)).partition(".")[0]
    return f"the Python library {name} is not installed ({describe_packages(name)})"
