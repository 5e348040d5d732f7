"""Does the running kernel have 802.1Q? Tried in a network namespace of its own."""

import subprocess

TRIAL = (
    *("unshare", "--net", "sh", "-ec"),
    "ip link add b type bridge; ip link add link b name v type vlan id 2",
)


def has_dot1q() -> bool:
    """Try it beside any lab."""
    return subprocess.run(TRIAL, check=False, capture_output=True).returncode == 0
