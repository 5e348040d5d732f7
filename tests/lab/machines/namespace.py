"""A network namespace as a host inside another host.

It has its own links, host name, /sys and /run, and shares processes and files with its parent. A
process keeps the namespace; everything that runs in it ends with it, daemons included.
"""

import contextlib
from collections.abc import Iterator

from tests.lab.machines.host import Host
from tests.lab.machines.session import Process, SessionLostError

SETUP_SCRIPT = """
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/lock /run/netns
hostname "$1"
ip link set lo up
echo up
exec sleep infinity
"""
KILL_SCRIPT = r"""
net=$(readlink "/proc/$1/ns/net") || exit 0
inode=${net#net:[}
kill -9 $(find /proc/[0-9]*/ns/net -lname "net:\[${inode%]}\]" 2>/dev/null | cut -d/ -f3)
"""
NAMESPACE_TYPES = ("--net", "--uts", "--mount", "--ipc")


class Namespace(Host):
    """A namespace; the parent host can move links to it by the pid of its `holder`."""

    def __init__(self, name: str, parent: Host, holder: Process) -> None:
        prefix = ("nsenter", "--target", str(holder.pid), *NAMESPACE_TYPES, "--")
        super().__init__(name, parent.session, prefix)
        self.holder = holder


@contextlib.contextmanager
def create_namespace(name: str, parent: Host) -> Iterator[Namespace]:
    """Create a namespace; at the end, kill whatever runs in it."""
    holder = parent.start("unshare", *NAMESPACE_TYPES, "sh", "-ec", SETUP_SCRIPT, "setup", name)
    try:
        holder.wait_until(lambda: "up\n" in holder.out, f"namespace {name}", timeout=30)
        yield Namespace(name, parent, holder)
    finally:
        with contextlib.suppress(SessionLostError):  # it has ended with its parent
            parent.attempt("sh", "-c", KILL_SCRIPT, "kill", str(holder.pid))
