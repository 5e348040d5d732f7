"""The program of the documents that boots a guest, as a user of it runs it on a node."""

import re
import sys
from pathlib import Path

from tests.lab.cloud.checks import Check
from tests.lab.cloud.cloud import Cloud
from tests.lab.machines.guest import ReportedLease

TOP = Path(__file__).parents[3]
PROGRAM = TOP / "docs" / "examples" / "boot_guest.py"
PROJECT = "example"


def run_example(cloud: Cloud) -> list[Check]:
    """Boot a guest with it, shut the guest down from its console, and look at what remains."""
    node, image = cloud.node1, cloud.image
    arguments = (cloud.transport_url, node.name, PROJECT, image.kernel, image.initramfs)
    before = _list_taps(cloud)
    process = node.start(
        "env", f"PYTHONPATH={TOP}", sys.executable, str(PROGRAM), *map(str, arguments)
    )
    process.wait_until(lambda: "@lease" in process.output, "lease", timeout=240)
    process.wait_until(lambda: bool(_find_leases(process.output)), "line of the lease", timeout=10)
    lease = ReportedLease.parse(_find_leases(process.output)[0])
    [row] = _list_instances(cloud)
    taps = _list_taps(cloud) - before
    process.write("poweroff -f\n")
    status = process.wait(timeout=60)
    return [
        Check.same("example: leased address", row["addresses"], [lease.address]),
        Check.same("example: name by DHCP", "example", lease.name),
        Check.same("example: taps while it runs", 1, len(taps)),
        Check.same("example: exit status", 0, status),
        Check.same("example: taps afterwards", 0, len(_list_taps(cloud) - before)),
        Check.same("example: instances afterwards", 0, len(_list_instances(cloud))),
    ]


def _find_leases(output: str) -> list[str]:
    return re.findall(r"^@lease (.*)\n", output.replace("\r", ""), re.MULTILINE)


def _list_instances(cloud: Cloud) -> list[dict[str, object]]:
    return [row for row in cloud.list_rows("instance", "list") if row["project_id"] == PROJECT]


def _list_taps(cloud: Cloud) -> set[str]:
    return {name for name in cloud.node1.list_links() if name.startswith("tap")}
