"""The hosts in a URL, and their addresses."""

import pytest

from cloudnet.common.urls import list_hosts, resolve


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("rabbit://user:secret@192.0.2.1:5672/", ["192.0.2.1"]),
        ("rabbit://u:p@a.example:1,u:p@b.example/vhost?ssl=1", ["a.example", "b.example"]),
        ("sqlite:////var/lib/cloudnet.sqlite", []),
        ("", []),
    ],
)
def test_the_hosts_of_a_url_are_listed(url: str, hosts: list[str]) -> None:
    assert list_hosts(url) == hosts


@pytest.mark.parametrize("name", ["a" * 64, "a..b", "\udcff", "\x00"])
def test_a_name_that_no_host_can_have_has_no_address(name: str) -> None:
    assert resolve(name) == []


def test_an_address_is_its_own() -> None:
    assert resolve("192.0.2.1") == ["192.0.2.1"]
