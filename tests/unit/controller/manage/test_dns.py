"""The commands of ``dns``."""

from __future__ import annotations

from tests.unit.controller.manage.conftest import Manage


def test_a_domain_and_its_entries_are_managed(manage: Manage) -> None:
    assert manage("dns", "create-domain", "Example.org.", "--project-id", "a").out == (
        "created public DNS domain example.org\n"
    )
    assert manage("dns", "add", "example.org", "WWW", "192.0.2.5").out == (
        "added www.example.org with address 192.0.2.5\n"
    )
    assert manage("dns", "set", "example.org", "www", "192.0.2.6").out == (
        "set www.example.org to address 192.0.2.6\n"
    )

    assert manage.done("dns", "list", "--address", "192.0.2.6", "-f", "json").json == [
        {"domain": "example.org", "name": "www", "address": "192.0.2.6", "instance_uuid": None}
    ]
    assert manage.done("dns", "list-domains", "-f", "json").json == [
        {
            "domain": "example.org",
            "scope": "public",
            "availability_zone": None,
            "project_id": "a",
        }
    ]

    assert manage("dns", "delete", "example.org", "www").out == ("deleted www.example.org\n")
    assert manage("dns", "delete-domain", "example.org").out == ("deleted DNS domain example.org\n")


def test_what_cannot_be_a_name_is_wrong_usage(manage: Manage) -> None:
    answer = manage("dns", "create-domain", "no spaces")

    assert answer.status == 2
    assert "a domain name (" in answer.err
