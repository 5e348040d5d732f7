"""A rule in the form of the kernel and of libiptc (linux/ip_tables.h).

It is built by python-iptables' classes for a rule's matches and target, which know libxtables'
extensions. Their habits that matter here:

* ``Rule.final_check()``, which ``Chain.append_rule()`` calls, prints every extension to a pipe that
  it puts in place of the *process's* standard output, and parses that. What another thread writes
  at that moment ends up in the rule. So each extension is asked for its own last check instead, as
  soon as it has its options: some set what the kernel needs only then (SNAT its number of ranges).
  The method is a private one, so setup.cfg bounds the library's version.
* For a target it does not know, ``Rule`` opens all five tables to look for a chain of that name,
  which makes the kernel load and run them. :class:`_Rule` has no tables.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from typing import Any

import iptc

from cloudnet.agent.node.resources.iptables_table import Rule

Entry = ctypes.Array[ctypes.c_ubyte]

ENTRY_BYTES = 112  # struct ipt_entry; then its matches
MATCH = struct.Struct("H8s22x")  # struct xt_entry_match: size, 29 bytes of name, revision; data
COMMENT = b"comment\0"  # the kernel does not hand out what follows the zero of a name


class _Rule(iptc.Rule):  # type: ignore[misc]  # iptc publishes no types
    """A rule that does not look through other tables for its target."""

    tables = ()


def build_entry(rule: Rule, comment: str, *, jumps: bool) -> Entry:
    """Return a rule in the kernel's form.

    :param jumps: its target is a chain
    """
    built = _Rule()
    if rule.source is not None:
        built.src = str(rule.source)
    if rule.destination is not None:
        built.dst = str(rule.destination)
    if rule.in_interface is not None:
        built.in_interface = rule.in_interface
    if rule.out_interface is not None:
        built.out_interface = rule.out_interface
    if rule.protocol is not None:
        built.protocol = rule.protocol
    for name, options in (*rule.matches, ("comment", (("comment", comment),))):
        _complete(built.create_match(name), options)
    if jumps:
        # A jump to a chain is a standard target that libiptc resolves by its name.
        built.create_target("ACCEPT").standard_target = rule.target
    else:
        _complete(built.create_target(rule.target), rule.to)
    entry: Entry = built.rule
    return entry


def _complete(extension: iptc.Match | iptc.Target, options: Iterable[tuple[str, str]]) -> None:
    """Give an extension its options and have it checked.

    libxtables has one working copy of each extension, which is this one's until the next is made.
    """
    for option, value in options:
        extension.set_parameter(option, value)
    extension._final_check()  # noqa: SLF001 - the public one is the printing one


def comment_of(rule: Any) -> str:  # Any: a pointer to ipt_entry, which has no type
    """Return the comment of a rule in libiptc's memory; empty: it has none."""
    entry = rule.contents
    target_offset = entry.target_offset  # where its matches end
    rule_bytes = ctypes.string_at(ctypes.addressof(entry), target_offset)
    offset = ENTRY_BYTES
    while offset < target_offset:
        size, name = MATCH.unpack_from(rule_bytes, offset)
        if name == COMMENT:
            text = rule_bytes[offset + MATCH.size : offset + size]
            return os.fsdecode(text.split(b"\0", 1)[0])
        offset += size
    return ""
