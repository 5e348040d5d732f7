"""Network namespaces, one for each node that is measured.

The calling thread enters a namespace and leaves it again, so that several nodes can be measured by
turns in one process. Processes and threads that are started inside stay inside.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

CLONE_NEWNET = 0x40000000
NO_IPV6 = "net.ipv6.conf.default.disable_ipv6"
OWN = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A network namespace with a loopback device; it ends with the last process inside."""

    def __init__(self) -> None:
        home = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _call("unshare", CLONE_NEWNET)
            self._handle = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        finally:
            _call("setns", home, CLONE_NEWNET)
            os.close(home)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._handle)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Move the calling thread into the namespace for the block."""
        home = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _call("setns", self._handle, CLONE_NEWNET)
            yield
        finally:
            _call("setns", home, CLONE_NEWNET)
            os.close(home)

    def run_ip(self, commands: Iterable[str]) -> None:
        """Run many commands of `ip` in one process."""
        with self.entered():
            subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True, check=True)

    @property
    def path(self) -> str:
        """The file that is the namespace, for other processes."""
        return f"/proc/{os.getpid()}/fd/{self._handle}"

    def set_ipv6(self, *, enabled: bool) -> None:
        """Choose whether devices that are added from now on have IPv6."""
        with self.entered():
            subprocess.run(["sysctl", "-qw", f"{NO_IPV6}={int(not enabled)}"], check=True)


def add_devices(near: Namespace, far: Namespace, names: Iterable[str]) -> None:
    """Add Ethernet devices that are up, with their far ends in another namespace.

    They have no IPv6, so the kernel sends nothing on them by itself.
    """
    names = list(names)
    both = (near, far)
    for namespace in both:
        namespace.set_ipv6(enabled=False)
    near.run_ip(f"link add {name} type veth peer name {name} netns {far.path}" for name in names)
    for namespace in both:
        namespace.run_ip(f"link set {name} up" for name in names)
        namespace.set_ipv6(enabled=True)


def _call(name: str, *arguments: int) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
