"""A network namespace inside another place, as a place of its own.

It has its own links, host name, /sys and /run, and shares processes and files with the place
around it. A process holds it; it ends with all that runs in it, daemons too.
"""

import contextlib
from collections.abc import Iterator

from tests.lab.machines.host import Place
from tests.lab.machines.session import LineLostError, Process

FURNISH = """
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/lock /run/netns
hostname "$1"
ip link set lo up
echo up
exec sleep infinity
"""
END = r"""
net=$(readlink "/proc/$1/ns/net") || exit 0
inode=${net#net:[}
kill -9 $(find /proc/[0-9]*/ns/net -lname "net:\[${inode%]}\]" 2>/dev/null | cut -d/ -f3)
"""
ENTERED = ("--net", "--uts", "--mount", "--ipc")


class Space(Place):
    """A place whose links can be given to it by the process that holds it."""

    def __init__(self, name: str, inside: Place, holder: Process) -> None:
        target = ("nsenter", "--target", str(holder.pid), *ENTERED, "--")
        super().__init__(name, inside.line, target)
        self.holder = holder


@contextlib.contextmanager
def space(name: str, inside: Place) -> Iterator[Space]:
    """Make a namespace, yield it as a place, and end it with whatever runs there."""
    holder = inside.start("unshare", *ENTERED, "sh", "-ec", FURNISH, "space", name)
    try:
        holder.wait_until(lambda: "up\n" in holder.out, f"namespace {name}", timeout=30)
        yield Space(name, inside, holder)
    finally:
        with contextlib.suppress(LineLostError):  # with its place it is gone already
            inside.attempt("sh", "-c", END, "space", str(holder.pid))
