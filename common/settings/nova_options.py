"""Names in a shared nova.conf that other services of nova read, and that cloudnet passes over.

They are what nova's other services read from [DEFAULT], from Folsom to Rocky, and what they read
from the groups that cloudnet has options in. A name that is neither here nor an option of cloudnet
is taken for a typing error. Families of names are given by their prefix. A family that has a member
of cloudnet's (``rabbit_``, ``sql_``, ``quota_``) is listed name by name, so that a typing error in
it is still found.
"""

from __future__ import annotations


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


PREFIXES = (
    "baremetal_", "bandwidth_", "block_device_", "block_migration_", "cells_", "cert_", "cinder_",
    "compute_", "config_drive_", "configdrive_", "console_", "consoleauth_", "disk_", "ec2_",
    "ephemeral_", "glance_", "heal_instance_", "host_state_", "hyperv_", "image_", "img_",
    "instance_", "instances_", "ironic_", "iscsi_", "keymgr_", "keystone_", "kombu_", "libvirt_",
    "live_migration_", "lockout_", "matchmaker_", "max_concurrent_", "metadata_workers", "mkisofs_",
    "monkey_patch", "netapp_", "neutron_", "nexenta_", "nfs_", "notification_", "notify_",
    "novncproxy_", "num_iscsi_", "osapi_", "pci_", "policy_", "powervm_", "qpid_", "quantum_",
    "rbd_", "reclaim_", "remove_unused_", "rescue_", "reserved_host_", "resize_", "resume_guests_",
    "rpc_zmq_", "running_deleted_", "s3_", "san_", "scheduler_", "serialize_", "sf_", "shelved_",
    "shutdown_", "snapshot_", "spice", "storwize_svc_", "target_", "tcp_keep", "trusted_",
    "use_rootwrap_", "vendordata_", "vmware", "vnc", "volume_", "volumes_", "wsgi_", "xenapi_",
    "xvpvnc", "zookeeper_",
)  # fmt: skip

NAMES = _split(
    """
    agent_version_timeout allow_instance_snapshots allow_migrate_to_same_host
    allow_resize_to_same_host allowed_direct_url_schemes allowed_rpc_exception_modules
    amqp_auto_delete amqp_durable_queues api_paste_config api_rate_limit auth_strategy
    aws_access_key_id aws_secret_access_key backdoor_port backdoor_socket base_dir_name
    buckets_path ca_file ca_path cache_images cert checksum_base_images claim_timeout_seconds
    client_socket_timeout compute_fill_first_cost_fn_weight conn_pool_min_size conn_pool_ttl
    connection_type cpu_allocation_ratio crl_file daemon db_backend db_driver dbapi_use_tpool
    default_availability_zone default_ephemeral_format default_flavor default_image
    default_instance_type default_notification_exchange default_notification_level default_os_type
    default_publisher_id default_schedule_zone default_scheduler_driver disable_process_locking
    enable_instance_password enable_new_services enabled_apis enabled_ssl_apis fake_rabbit
    fake_tests fatal_exception_format_errors force_config_drive force_raw_images
    force_volumeutils_v1 graceful_shutdown_timeout initial_cpu_allocation_ratio
    initial_disk_allocation_ratio initial_ram_allocation_ratio internal_service_availability_zone
    iqn_prefix isolated_hosts isolated_images key key_file least_cost_functions limit_cpu_features
    log_format logfile_mode long_rpc_timeout max_gigabytes max_header_line max_instances_per_host
    max_io_ops_per_host max_kernel_ramdisk_size max_local_block_devices max_nbd_devices
    maximum_instance_delete_attempts memcached_servers metadata_cache_expiration metadata_listen
    metadata_listen_port metadata_manager migrate_max_retries multi_instance_display_name_template
    my_block_storage_ip network_allocate_retries non_inheritable_image_properties
    noop_cost_fn_weight null_kernel num_shell_tries password_length pointer_model
    preallocate_images project_cert_subject pybasedir quota_cores quota_gigabytes
    quota_injected_file_content_bytes quota_injected_file_path_bytes
    quota_injected_file_path_length quota_injected_files quota_instances quota_key_pairs
    quota_metadata_items quota_ram quota_security_group_rules quota_security_groups
    quota_server_group_members quota_server_groups quota_volumes rabbit_durable_queues
    rabbit_ha_queues rabbit_heartbeat_timeout_threshold rabbit_login_method rabbit_max_retries
    rabbit_retry_backoff rabbit_retry_interval rabbit_use_ssl ram_allocation_ratio
    ram_weight_multiplier reboot_timeout record region_list reserved_huge_pages rpc_backend
    rpc_cast_timeout rpc_conn_pool_size rpc_poll_timeout rpc_thread_pool_size
    run_external_periodic_tasks secure_proxy_ssl_header servicegroup_driver source_is_ipv6
    sql_connection_debug sql_connection_trace sql_dbpool_enable sql_idle_timeout sql_max_overflow
    sql_max_pool_size sql_max_retries sql_min_pool_size sql_retry_interval sqlite_clean_db
    sqlite_db sqlite_synchronous sr_matching_filter ssl_ca_file ssl_cert_file ssl_key_file
    ssl_only start_guests_on_host_boot storage_availability_zone stub_compute
    sync_power_state_interval sync_power_state_pool_size synchronous_snapshot_create tempdir
    tile_monitor timeout_nbd update_resources_interval use_cow_images use_dynamic_connections
    use_forwarded_for use_join_force use_local_volumes use_project_ca use_pub_sub use_router_proxy
    use_usb_tablet user_cert_subject vcpu_pin_set verbose vif_plugging_is_fatal
    vif_plugging_timeout virt_mkfs vswitch_name web xen_hvmloader_path
    zombie_instance_updated_at_window
    """
)

IN_GROUPS = {
    "database": _split(
        """
        backend connection_debug connection_parameters connection_recycle_time connection_trace
        db_inc_retry_interval db_max_retries db_max_retry_interval db_retry_interval idle_timeout
        max_overflow max_pool_size max_retries min_pool_size mysql_enable_ndb mysql_sql_mode
        mysql_wsrep_sync_wait pool_timeout retry_interval slave_connection sqlite_db
        sqlite_synchronous use_db_reconnect use_tpool
        """
    ),
    "quota": _split(
        """
        cores count_usage_from_placement injected_file_content_bytes injected_file_path_length
        instances key_pairs metadata_items ram security_group_rules security_groups
        server_group_members server_groups
        """
    ),
}


def is_other_service_option(group: str, name: str) -> bool:
    """Return whether another service of nova is known to read this name in this group."""
    if group == "DEFAULT":
        return name in NAMES or name.startswith(PREFIXES)
    return name in IN_GROUPS.get(group, frozenset())
