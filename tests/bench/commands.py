"""Commands, timed from fork to exit."""

import os
import time
from collections.abc import Mapping, Sequence

DEV_NULL = ("/dev/null", os.O_WRONLY, 0)


def time_command(argv: Sequence[str], environment: Mapping[str, str] = os.environ) -> float:
    """Run a command that must succeed, and return how many seconds it took."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, *DEV_NULL)]
    began = time.monotonic()
    pid = os.posix_spawn(argv[0], tuple(argv), environment, file_actions=quiet)
    _, status = os.waitpid(pid, 0)
    taken = time.monotonic() - began
    if status != 0:
        raise RuntimeError(f"{' '.join(argv)}: status {os.waitstatus_to_exitcode(status)}")
    return taken
