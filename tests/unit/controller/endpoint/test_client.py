"""`cloudnet.client` has a method for each method that a compute service or an API calls."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudnet import client
from cloudnet.client import NetworkAPI
from cloudnet.controller.endpoint import NETWORK_ENDPOINTS
from cloudnet.controller.endpoint.methods import RpcMethod, list_methods
from cloudnet.controller.endpoint.nova_errors import NOVA_NAMES

NOT_FOR_CLIENTS = {
    # between nova-network's own services, or in the place of what agents do
    "associate_floating_ip_on_host",
    "deallocate_fixed_ip",
    "disassociate_floating_ip_on_host",
    "release_dhcp",
    "rpc_allocate_fixed_ip",
    "rpc_setup_network_on_host",
    "update_dns",
    # DHCP servers
    "get_dhcp_leases",
    "lease_fixed_ip",
    "release_fixed_ip",
    # other names, or nothing behind them
    "get_backdoor_port",
    "get_floating_pools",  # get_floating_ip_pools
}
WITHOUT_METHOD = {"close", "ping", "wait_until_wired"}
"""Methods of the client that are more, or less, than one call of a method."""

OLD_FORMS = {"instance", "instance_uuid", "ipam"}
"""Arguments that name what another argument names, for older versions of nova."""

LEFT_OUT = {
    "get_instance_nw_info": {"project_id"},  # from the context
    "migrate_instance_finish": {"host"},  # an old name of `dest`
}

COMMON = {"Forbidden", "InvalidInput"}
"""Errors that every method can raise; `Calls` has them."""

PAGE = Path(__file__).parents[4] / "docs" / "developers" / "compute-service.md"

METHODS = [
    method for method in list_methods(NETWORK_ENDPOINTS) if method.name not in NOT_FOR_CLIENTS
]


def get_client_method(name: str) -> Callable[..., Any]:
    method: Callable[..., Any] = getattr(NetworkAPI, name)
    return method


def test_the_client_has_every_method_and_no_other() -> None:
    public = {name for name in dir(NetworkAPI) if not name.startswith("_")}

    assert public - WITHOUT_METHOD == {method.name for method in METHODS}


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_method_takes_every_argument_and_is_typed(method: RpcMethod) -> None:
    signature = inspect.signature(get_client_method(method.name))
    [_, context, *parameters] = signature.parameters.values()
    expected = {*method.arguments} - LEFT_OUT.get(method.name, set())

    assert context.name == "context"
    assert {each.name for each in parameters} - OLD_FORMS == expected - OLD_FORMS
    assert all(each.annotation not in (each.empty, "Any") for each in parameters)
    assert signature.return_annotation not in (signature.empty, "Any")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_the_docstring_of_a_method_has_its_errors(method: RpcMethod) -> None:
    text = inspect.getdoc(get_client_method(method.name)) or ""

    assert {name for name in method.errors if name not in text} - COMMON == set()


def test_every_error_that_a_method_can_raise_is_exported() -> None:
    assert {error.__name__ for error in NOVA_NAMES} - {*client.__all__} == set()
    assert all(hasattr(client, name) for name in client.__all__)


def test_the_page_for_compute_services_has_every_method_and_no_unknown_one() -> None:
    page = PAGE.read_text()
    named = set(re.findall(r"\b((?:get|add|remove|create|delete|set|migrate)_[a-z]\w+)", page))
    functions = {name for name in client.__all__ if name.startswith("get_")}
    others = {"get_all", "set_permissions"}  # of nova's own API and of RabbitMQ

    assert {name for name in dir(NetworkAPI) if name[0] != "_" and name not in page} == set()
    assert named - {*dir(NetworkAPI)} - functions == others
