"""The kernel's figures for a table, without its rules (linux/ip_tables.h)."""

from __future__ import annotations

import ctypes
import os
import socket

IPT_SO_GET_INFO = 64
NAME_BYTES = 32  # struct ipt_getinfo: the name, then …
INFO_BYTES = NAME_BYTES + 4 * 13  # … valid hooks, offsets of hooks and policies, entries, size

_getsockopt = ctypes.CDLL(None, use_errno=True).getsockopt


def table_info(name: str) -> bytes:
    """Return a table's hooks, their offsets, its number of rules and its size.

    It changes with every rule that comes or goes, in microseconds; not when a rule is replaced by
    one of the same size. A table that the kernel does not have yet is created.

    :raises OSError: there is no such table
    """
    info = ctypes.create_string_buffer(name.encode(), INFO_BYTES)
    size = ctypes.c_uint(INFO_BYTES)
    # Python's own getsockopt cannot pass the table's name to the kernel.
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
        failed = _getsockopt(
            sock.fileno(), socket.SOL_IP, IPT_SO_GET_INFO, info, ctypes.byref(size)
        )
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, f"table {name}: {os.strerror(number)}")
    return info.raw[NAME_BYTES:]
