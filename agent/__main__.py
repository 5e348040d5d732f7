"""The program ``cloudnet-agent``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cloudnet.common.program import Daemon, run_daemon

AGENT = Daemon(
    "cloudnet-agent",
    "Build and keep a compute node's bridges, VLANs, DHCP and NAT.",
    "cloudnet.agent.main",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``cloudnet-agent``."""
    return run_daemon(AGENT, argv)


if __name__ == "__main__":
    sys.exit(main())
