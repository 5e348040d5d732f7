"""Reads files that others can replace by something else."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LONGEST = 1 << 26
CHUNK = 1 << 20


def read_regular(path: str | Path, longest: int = LONGEST) -> bytes:
    """Return the content of a file.

    A named pipe in its place would block its reader for ever, and a device might never end.

    :raises OSError: it cannot be read, is no regular file, or is longer than ``longest`` bytes
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        content = b""
        while chunk := os.read(descriptor, CHUNK):
            content += chunk
            if len(content) > longest:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    finally:
        os.close(descriptor)
    return content
