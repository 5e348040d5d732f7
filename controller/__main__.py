"""The program ``cloudnet-controller``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cloudnet.common.program import Daemon, run_daemon

CONTROLLER = Daemon(
    "cloudnet-controller",
    "Allocate networks and addresses, and notify the hosts.",
    "cloudnet.controller.main",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``cloudnet-controller``."""
    return run_daemon(CONTROLLER, argv)


if __name__ == "__main__":
    sys.exit(main())
