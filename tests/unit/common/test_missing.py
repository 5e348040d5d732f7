"""What a host lacks is named with the packages that bring it."""

from __future__ import annotations

import pytest

from cloudnet.common.missing import describe_missing_module, describe_packages


@pytest.mark.parametrize(
    ("name", "packages"),
    [
        ("dnsmasq", "Debian: dnsmasq-base; RPM: dnsmasq"),
        ("libip4tc", "Debian: iptables; RPM: iptables-libs"),
        ("psycopg", "Debian: python3-psycopg; RPM: python3-psycopg3; pip: psycopg[binary]"),
        ("something_else", "pip: something_else"),
    ],
)
def test_packages_are_named_for_each_kind_of_system(name: str, packages: str) -> None:
    assert describe_packages(name) == packages


@pytest.mark.parametrize(
    ("error", "library"),
    [
        (ModuleNotFoundError("No module named 'kombu'", name="kombu"), "kombu"),
        (ModuleNotFoundError("No module named 'kombu.pools'", name="kombu.pools"), "kombu"),
        (ModuleNotFoundError("kombu"), "kombu"),  # raised without a name
    ],
)
def test_a_missing_module_is_named_by_its_library(error: ModuleNotFoundError, library: str) -> None:
    assert describe_missing_module(error) == (
        f"the Python library {library} is not installed "
        "(Debian: python3-kombu; RPM: python3-kombu; pip: kombu)"
    )
