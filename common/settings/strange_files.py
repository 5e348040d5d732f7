"""Find files that are probably no configuration of nova's or cloudnet's, named by mistake.

Groups of other programs are accepted in nova.conf, so the assignments of any INI file are, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from cloudnet.common.escape import escape_controls
from cloudnet.common.settings.check import Checked
from cloudnet.common.settings.files import Assignment
from cloudnet.common.settings.nova_options import is_other_service_option

_NOVA_GROUP = re.compile(
    r"api_database|barbican|baremetal|cache|cinder|compute|conductor|console|consoleauth|cors|"
    r"crypto|devices|ephemeral_storage_encryption|filter_scheduler|glance|guestfs|healthcheck|"
    r"hyperv|image_file_url|ironic|key_manager|keymgr|keystone|keystone_authtoken|libvirt|"
    r"matchmaker_redis|matchmaker_ring|metrics|mks|neutron|notifications|osapi_v21|osapi_v3|"
    r"pci|placement|placement_database|powervm|profiler|quota|rdp|remote_debug|"
    r"remote_filesystem|rpc_notifier2|scheduler|serial_console|service_user|spice|ssl|"
    r"trusted_computing|upgrade_levels|vault|vendordata_dynamic_auth|vmware|vnc|workarounds|"
    r"wsgi|xenserver|xvp|zookeeper|oslo_.*|DEFAULT|database"
)
"""Groups of nova's services from Folsom to Rocky, and of the oslo libraries."""


def describe_strange_files(
    files: Iterable[Path], assignments: Iterable[Assignment], checked: Checked
) -> Iterator[str]:
    """Return a warning for each file that has assignments and not one of a known option."""
    assigned = {assignment.file for assignment in assignments}
    known = {assignment.file for _, assignment in checked.accepted}
    known |= {
        each.file
        for each in checked.ignored
        if is_other_service_option(each.group, each.name)
        or _NOVA_GROUP.fullmatch(each.written_group)
    }
    for file in map(str, files):
        if file in assigned - known:
            yield (
                f"{escape_controls(file)}: has no option of cloudnet's or nova's; "
                "is it the right file?"
            )
