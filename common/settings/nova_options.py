"""Names in a shared nova.conf that nova's other services read, and that cloudnet ignores.

The names are in :mod:`.nova_names`, which is derived from nova's own samples of all releases. The
plug-ins of other services have more of them, which begin with the same prefixes; a family that has
a member of cloudnet's or of its libraries (``rabbit_``, ``kombu_``, ``sql_``, ``quota_``) is not
among the prefixes, so that a typing error in it is found and no effect is lost. Any other name is
taken for a typing error.
"""

from __future__ import annotations

from cloudnet.common.settings import nova_names

NAMES = {group: frozenset(text.split()) for group, text in nova_names.NAMES.items()}

PREFIXES = (
    "baremetal_", "bandwidth_", "block_device_", "block_migration_", "cells_", "cert_", "cinder_",
    "compute_", "config_drive_", "configdrive_", "console_", "consoleauth_", "disk_", "ec2_",
    "ephemeral_", "glance_", "heal_instance_", "host_state_", "hyperv_", "image_", "img_",
    "instance_", "instances_", "ironic_", "iscsi_", "keymgr_", "keystone_", "libvirt_",
    "live_migration_", "lockout_", "matchmaker_", "max_concurrent_", "metadata_workers", "mkisofs_",
    "monkey_patch", "netapp_", "neutron_", "nexenta_", "nfs_", "notification_", "notify_",
    "novncproxy_", "num_iscsi_", "osapi_", "pci_", "policy_", "powervm_", "qpid_", "quantum_",
    "rbd_", "reclaim_", "remove_unused_", "rescue_", "reserved_host_", "resize_", "resume_guests_",
    "rpc_zmq_", "running_deleted_", "s3_", "san_", "scheduler_", "serialize_", "sf_", "shelved_",
    "shutdown_", "snapshot_", "spice", "storwize_svc_", "target_", "tcp_keep", "trusted_",
    "use_rootwrap_", "vendordata_", "vmware", "vnc", "volume_", "volumes_", "wsgi_", "xenapi_",
    "xvpvnc", "zookeeper_",
)  # fmt: skip


def is_known_name(group: str, name: str) -> bool:
    """Return whether nova itself had this name in this group, for another of its services."""
    return name in NAMES.get(group, frozenset())


def is_other_service_option(group: str, name: str) -> bool:
    """Return whether another service of nova, or a plug-in of one, reads this name."""
    return is_known_name(group, name) or (group == "DEFAULT" and name.startswith(PREFIXES))
