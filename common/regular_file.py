"""Reads and writes files that others can replace by something else."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LONGEST = 1 << 26
CHUNK = 1 << 20


def read_regular(path: str | Path, longest: int = LONGEST, permission: int = 0) -> bytes:
    """Return the content of a file.

    A named pipe in its place would block its reader for ever, and a device might never end.

    :param permission: bits that its mode must have, for other programs
    :raises OSError: it cannot be read, is no regular file, lacks the permission, or is longer than
        ``longest`` bytes
    """
    descriptor = open_regular(path, os.O_RDONLY)
    try:
        mode = os.fstat(descriptor).st_mode
        if mode & permission != permission:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        content = b""
        while chunk := os.read(descriptor, CHUNK):
            content += chunk
            if len(content) > longest:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    finally:
        os.close(descriptor)
    return content


def write_regular(path: str | Path, text: str) -> None:
    """Write a file, in place of its content if it exists.

    :raises OSError: it cannot be written, or is no regular file
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(open_regular(path, flags), "w", errors="surrogateescape") as stream:
        stream.write(text)


def open_regular(path: str | Path, flags: int, mode: int = 0o666) -> int:
    """Open a file, without waiting for the other end of a named pipe; an ``opener`` of ``open()``.

    :raises OSError: as above
    """
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a pipe without a reader, or a socket
            raise _irregular(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _irregular(path)
    return descriptor


def _irregular(path: str | Path) -> OSError:
    return OSError(errno.EINVAL, "Not a regular file", str(path))
