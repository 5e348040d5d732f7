"""The page about RPC methods lists what the code has, and the code has what nova-network had."""

from __future__ import annotations

import inspect
from pathlib import Path

from cloudnet.controller.endpoint import NETWORK_ENDPOINTS
from cloudnet.controller.endpoint.methods import list_methods
from cloudnet.controller.endpoint.reference import update_page

PAGE = Path(__file__).parents[4] / "docs" / "developers" / "rpc.md"

NOVAS_METHODS = """
    allocate_for_instance deallocate_for_instance get_instance_nw_info add_fixed_ip_to_instance
    remove_fixed_ip_from_instance validate_networks setup_networks_on_host
    rpc_setup_network_on_host rpc_allocate_fixed_ip allocate_fixed_ip deallocate_fixed_ip
    release_dhcp lease_fixed_ip release_fixed_ip set_network_host get_dhcp_leases
    migrate_instance_start migrate_instance_finish update_dns
    create_networks delete_network add_network_to_project associate disassociate_network get_network
    get_all_networks
    get_vifs_by_instance get_vif_by_mac_address get_fixed_ip get_fixed_ip_by_address
    get_instance_uuids_by_ip_filter get_instance_id_by_floating_address
    allocate_floating_ip deallocate_floating_ip associate_floating_ip disassociate_floating_ip
    associate_floating_ip_on_host disassociate_floating_ip_on_host get_floating_ip
    get_floating_pools get_floating_ip_pools get_floating_ip_by_address get_floating_ips_by_project
    get_floating_ips_by_fixed_address
    get_dns_domains add_dns_entry modify_dns_entry delete_dns_entry get_dns_entries_by_address
    get_dns_entries_by_name create_private_dns_domain create_public_dns_domain delete_dns_domain
    get_backdoor_port
"""
"""Those of Nova 18; the three whose names began with an underscore have public names."""


def test_the_page_is_generated_from_the_code() -> None:
    page = PAGE.read_text()

    assert page == update_page(page), (
        "run python -m cloudnet.controller.endpoint.reference docs/developers/rpc.md"
    )


def test_no_method_of_nova_network_is_missing() -> None:
    nova = set(NOVAS_METHODS.split())
    served = {method.name for method in list_methods(NETWORK_ENDPOINTS)}

    assert len(nova) == 54
    assert nova - served == set()
    assert {m.name for m in list_methods(NETWORK_ENDPOINTS) if not m.is_own} <= nova


def test_every_public_method_of_an_endpoint_is_registered() -> None:
    public = {
        name
        for endpoint in NETWORK_ENDPOINTS
        for name, _ in inspect.getmembers(endpoint, inspect.isfunction)
        if not name.startswith("_")
    }

    assert public == {method.name for method in list_methods(NETWORK_ENDPOINTS)}
