"""Find out whether the running kernel has 802.1Q, by a try in a network namespace of its own."""

import subprocess

CHECK_COMMAND = (
    *("unshare", "--net", "sh", "-ec"),
    "ip link add b type bridge; ip link add link b name v type vlan id 2",
)


def has_dot1q() -> bool:
    """Run the check outside of any lab."""
    return subprocess.run(CHECK_COMMAND, check=False, capture_output=True).returncode == 0
