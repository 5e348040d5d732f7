"""Boot a guest under QEMU on this node, on the networks of its project; its console is this one.

usage: python boot_guest.py rabbit://USER:PASSWORD@BROKER:5672/ NODE PROJECT KERNEL INITRD
"""

import subprocess
import sys
import uuid
from pathlib import Path

from cloudnet.client import NetworkAPI, get_mtu, tap_name

url, node, project, kernel, initrd = sys.argv[1:] if len(sys.argv) == 6 else sys.exit(__doc__)
instance = str(uuid.uuid4())
context = {"project_id": project, "request_id": f"req-{instance}"}
qemu = ["qemu-system-x86_64", "-m", "128", "-nographic", "-no-reboot", "-accel", "tcg"]
qemu += ["-kernel", kernel, "-initrd", initrd, "-append", "console=ttyS0 quiet"]
taps: list[str] = []


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


with NetworkAPI(url) as network:
    try:
        network.allocate_for_instance(context, instance, project, node, hostname="example")
        for vif in network.wait_until_wired(context, instance):
            tap, bridge = tap_name(vif), vif["network"]["bridge"]
            ip("tuntap", "add", tap, "mode", "tap")
            taps.append(tap)
            mtu = get_mtu(vif) or Path(f"/sys/class/net/{bridge}/mtu").read_text().strip()
            ip("link", "set", tap, "mtu", str(mtu), "master", bridge, "up")
            qemu += ["-netdev", f"tap,id={tap},ifname={tap},script=no,downscript=no"]
            qemu += ["-device", f"virtio-net-pci,netdev={tap},mac={vif['address']},romfile="]
        subprocess.run(qemu, check=True)
    finally:
        for tap in taps:
            ip("link", "delete", tap)
        network.deallocate_for_instance(context, instance, project, node)
