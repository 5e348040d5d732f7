"""Which names are options of cloudnet, of a library, or of another service."""

from __future__ import annotations

import pytest

from cloudnet.common.settings.nova_options import NAMES, is_other_service_option
from cloudnet.common.settings.option_index import (
    LIBRARIES,
    MESSAGING_LIBRARY,
    OWN,
    OptionTable,
    find_option,
    library_table,
    list_library_options,
)
from cloudnet.common.settings.options import SHARED
from cloudnet.common.settings.renames import RENAMED

NETWORK_OPTIONS = """
allow_same_net_traffic auto_assign_floating_ip bindir cnt_vpn_clients control_exchange
create_unique_mac_address_attempts default_access_ip_network_name default_floating_pool
defer_iptables_apply dhcp_domain dhcp_lease_time dhcpbridge dhcpbridge_flagfile dmz_cidr dns_server
dns_update_periodic_interval dnsmasq_config_file ebtables_exec_attempts ebtables_retry_interval
ec2_dmz_host ec2_port enable_network_quota fake_call fake_network firewall_driver
fixed_ip_disassociate_timeout fixed_range fixed_range_v6 flat_injected flat_interface
flat_network_bridge flat_network_dns floating_ip_dns_manager floating_range force_dhcp_release
force_snat_range forward_bridge_interface gateway gateway_v6 host injected_network_template
instance_dns_domain instance_dns_manager iptables_bottom_regex iptables_drop_action
iptables_top_regex ipv6_backend keys_path l3_lib ldap_dns_base_dn ldap_dns_password
ldap_dns_servers ldap_dns_soa_expiry ldap_dns_soa_hostmaster ldap_dns_soa_minimum
ldap_dns_soa_refresh ldap_dns_soa_retry ldap_dns_url ldap_dns_user libvirt_vif_driver
linuxnet_interface_driver linuxnet_ovs_integration_bridge lock_path metadata_host metadata_port
multi_host my_ip network_api_class network_device_mtu network_driver network_host network_manager
network_size network_topic networks_path node_availability_zone num_networks ovs_vsctl_timeout
periodic_enable periodic_fuzzy_delay periodic_interval public_interface quota_fixed_ips
quota_floating_ips quota_networks rabbit_host rabbit_password rabbit_port rabbit_userid
rabbit_virtual_host report_interval root_helper rootwrap_config routing_source_ip
rpc_response_timeout security_group_api security_group_handler send_arp_for_ha
send_arp_for_ha_count service_down_time share_dhcp_address sql_connection state_path
teardown_unused_network_gateway transport_url update_dns_entries use_ipv6 use_network_dns_servers
use_neutron use_single_default_gateway vlan_interface vlan_start vpn_ip vpn_start
boot_script_template dmz_mask dmz_net vpn_image_id vpn_instance_type vpn_key_suffix
neutron_default_tenant_id use_neutron_default_nets max_age quota_driver reservation_expire
until_refresh
""".split()  # noqa: SIM905 - a table to read, not a list


@pytest.mark.parametrize("name", NETWORK_OPTIONS)
def test_an_option_of_nova_network_is_found_under_its_name(name: str) -> None:
    assert find_option("DEFAULT", name) is not None


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("database", "connection"),
        ("quota", "floating_ips"),
        ("quota", "recheck_quota"),
        ("oslo_concurrency", "lock_path"),
        ("upgrade_levels", "network"),
        ("cells", "enable"),
        ("api", "use_neutron_default_nets"),
        ("cloudpipe", "vpn_flavor"),
    ],
)
def test_an_option_in_another_group_is_found(group: str, name: str) -> None:
    assert find_option(group, name) is not None


@pytest.mark.parametrize("table", [OWN, *map(library_table, LIBRARIES)])
def test_no_option_that_has_an_effect_is_listed_as_another_services(table: OptionTable) -> None:
    """Such a name would be ignored in silence."""
    listed = {(group, name) for group, names in NAMES.items() for name in names}

    assert not listed & set(table.names())
    assert not listed & set(RENAMED)
    assert all(find_option(group, name) is not None for group, name in table.names())


@pytest.mark.parametrize(
    "name",
    """
    use_deprecated_auth novnc_enabled allow_admin_api flat_network_dhcp_start vpn_client_template
    credentials_template service_neutron_metadata_proxy os_region_name fping_path
    dhcp_options_enabled docker_registry_default_port checksum_interval_seconds agent_timeout
    cc_host nova_url ec2_url image_service iscsi_ip_prefix osapi_host zone_name max_cores
    ajax_console_proxy_url quantum_use_dhcp port server disk_cachemodes qemu_allowed_storage_drivers
    xen_hvmloader_path compute_resources vif_plugging_timeout use_syslog_rfc_format
    """.split(),  # noqa: SIM905 - a table to read, not a list
)
def test_an_option_of_any_release_of_nova_is_known(name: str) -> None:
    assert is_other_service_option("DEFAULT", name)


@pytest.mark.parametrize(
    "name",
    ["compute_driver", "libvirt_type", "verbose", "glance_api_servers", "scheduler_driver",
     "osapi_compute_workers", "vncserver_listen", "cpu_allocation_ratio", "quota_cores",
     "sql_idle_timeout", "instances_path", "my_block_storage_ip", "compute_monitors"],
)  # fmt: skip
def test_an_option_of_another_service_is_recognized(name: str) -> None:
    assert is_other_service_option("DEFAULT", name)


@pytest.mark.parametrize("name", ["sql_conection", "rabbit_hst", "quota_floating_ip", "vlan_strat"])
def test_a_typing_error_is_not_taken_for_another_services_option(name: str) -> None:
    assert not is_other_service_option("DEFAULT", name)


def test_the_shared_options_are_still_options_of_oslo_messaging() -> None:
    theirs = {option.dest for option in list_library_options(MESSAGING_LIBRARY)["DEFAULT"]}

    assert {option.dest for option in SHARED} <= theirs
