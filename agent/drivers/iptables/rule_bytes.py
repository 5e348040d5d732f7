"""A rule as the kernel and libiptc keep it, as far as its comment needs it (linux/ip_tables.h)."""

from __future__ import annotations

import ctypes
import os
import struct

ENTRY_BYTES = 112  # struct ipt_entry; then its matches
MATCH = struct.Struct("H8s22x")  # struct xt_entry_match: size, 29 bytes of name, revision; data
COMMENT = b"comment\0"  # of what follows the zero in a name, the kernel hands out nothing


def comment_at(address: int, target_offset: int) -> str:
    """Return the comment of the rule at an address in libiptc's memory; empty: it has none.

    :param target_offset: where its matches end
    """
    rule = ctypes.string_at(address, target_offset)
    offset = ENTRY_BYTES
    while offset < target_offset:
        size, name = MATCH.unpack_from(rule, offset)
        if name == COMMENT:
            text = rule[offset + MATCH.size : offset + size]
            return os.fsdecode(text.split(b"\0", 1)[0])
        offset += size
    return ""
