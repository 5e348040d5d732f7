"""The guests' disk: Debian's kernel as it is, and an initramfs of busybox and three small scripts.

The kernel is the machine's own if it has one that can run under QEMU, else the one that
tools/install has unpacked (but not installed: a test does not change how a machine boots).
"""

import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.fixtures.busybox import UNPACKED, find_busybox

HERE = Path(__file__).parent
MODULES = ("virtio_pci", "virtio_net")


class NoGuestKernelError(Exception):
    """No kernel for guests was found."""

    def __init__(self) -> None:
        super().__init__("no kernel for guests found; run tools/install, which unpacks one")


@dataclass(frozen=True)
class GuestImage:
    """What QEMU boots."""

    kernel: Path
    initramfs: Path


def build_image(directory: Path) -> GuestImage:
    """Write the initramfs into `directory`."""
    kernel, modules = _find_kernel()
    initramfs = directory / "guest.cpio"
    directory.mkdir(parents=True, exist_ok=True)
    # Not compressed: an emulated processor reads faster than it decompresses.
    initramfs.write_bytes(b"".join(_archive(modules)))
    return GuestImage(kernel, initramfs)


def _find_kernel() -> tuple[Path, Path]:
    """Return the newest kernel that has its modules, and their directory."""
    found = [
        (_version_key(release), kernel, modules)
        for root in (Path("/"), UNPACKED)
        for kernel in (root / "boot").glob("vmlinuz-*-amd64")
        for release in [kernel.name.removeprefix("vmlinuz-")]
        for modules in [root / "lib/modules" / release]
        if (modules / "modules.dep").exists()
    ]
    if not found:
        raise NoGuestKernelError
    _, kernel, modules = max(found)
    return kernel, modules


def _version_key(release: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", release)]


def _module_files(modules: Path) -> list[Path]:
    """Return the modules of the guests and their dependencies, in the order of loading."""
    needs: dict[str, list[str]] = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        path, _, needed = line.partition(":")
        needs[path] = needed.split()
    modules_needed = [path for name in MODULES for path in needs if f"/{name}.ko" in path]
    order: dict[str, None] = {}  # a set that remembers the order
    for path in modules_needed:
        # modules.dep lists what must be loaded first at the end.
        order.update(dict.fromkeys([*reversed(needs[path]), path]))
    return [modules / path for path in order]


def _read_module(path: Path) -> bytes:
    return lzma.open(path).read() if path.suffix == ".xz" else path.read_bytes()


def _archive(modules: Path) -> Iterator[bytes]:
    """Write a cpio archive in the kernel's format ("newc")."""
    for directory in ("bin", "lib", "lib/modules", "etc", "dev"):
        yield _entry(directory, 0o040755, b"")
    yield _entry("bin/busybox", 0o100755, find_busybox().read_bytes())
    yield _entry("init", 0o100755, (HERE / "guest-init").read_bytes())
    yield _entry("etc/dhcp-event", 0o100755, (HERE / "dhcp-event").read_bytes())
    yield _entry("etc/resolv.conf", 0o120777, b"/tmp/resolv.conf")
    for number, module in enumerate(_module_files(modules)):
        name = module.name.removesuffix(".xz")
        yield _entry(f"lib/modules/{number:02}-{name}", 0o100644, _read_module(module))
    yield _entry("TRAILER!!!", 0, b"")


def _entry(name: str, mode: int, content: bytes) -> bytes:
    """Return one file of the archive: thirteen fields of eight hex digits, the name, the
    content."""
    path = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return _padded(head) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
