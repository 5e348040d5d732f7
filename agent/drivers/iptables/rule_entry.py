"""A rule in the form of the kernel and of libiptc (linux/ip_tables.h).

It is built by python-iptables' classes for a rule's matches and target, which know libxtables'
extensions. Their habits that matter here:

* ``Rule.final_check()``, which ``Chain.append_rule()`` calls, prints every extension to a pipe that
  it puts in place of the *process's* standard output, and parses that. What another thread writes
  at that moment ends up in the rule. So the final check of each extension is called instead, as
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
from functools import lru_cache
from typing import Any

import iptc

from cloudnet.agent.node.resources.iptables_table import Match, Options, Rule

Entry = ctypes.Array[ctypes.c_ubyte]

ENTRY_BYTES = 112  # struct ipt_entry; then its matches
MATCH = struct.Struct("H8s22x")  # struct xt_entry_match: size, 29 bytes of name, revision; data
COMMENT_BYTES = 256  # struct xt_comment_info
COMMENT = b"comment\0"  # the kernel does not hand out what follows the zero of a name


class _Rule(iptc.Rule):  # type: ignore[misc]  # iptc publishes no types
    """A rule that does not look through other tables for its target."""

    tables = ()


def build_entry(rule: Rule, comment: str, *, jumps: bool) -> Entry:
    """Return a rule in the kernel's form.

    :param jumps: its target is a chain
    :raises ValueError: the comment is too long
    """
    text = os.fsencode(comment).ljust(COMMENT_BYTES, b"\0")
    if len(text) > COMMENT_BYTES or text[-1]:
        raise ValueError(f"comment longer than {COMMENT_BYTES - 1} bytes: {comment}")
    matches = _build_matches(rule.protocol, rule.matches)
    target = _build_target(rule.protocol, rule.target, rule.to, jumps=jumps)
    entry = _build_header(rule).entry
    entry.target_offset = ENTRY_BYTES + len(matches)
    entry.next_offset = entry.target_offset + len(target)
    parts = (bytes(entry), matches[:-COMMENT_BYTES], text, target)
    built: Entry = (ctypes.c_ubyte * entry.next_offset).from_buffer_copy(b"".join(parts))
    return built


def _build_header(rule: Rule) -> _Rule:
    """Return the rule without matches and target."""
    header = _Rule()
    if rule.source is not None:
        header.src = str(rule.source)
    if rule.destination is not None:
        header.dst = str(rule.destination)
    if rule.in_interface is not None:
        header.in_interface = rule.in_interface
    if rule.out_interface is not None:
        header.out_interface = rule.out_interface
    if rule.protocol is not None:
        header.protocol = rule.protocol
    return header


@lru_cache(maxsize=256)
def _build_matches(protocol: str | None, matches: tuple[Match, ...]) -> bytes:
    """Return the matches of a rule, with room for a comment at the end.

    Kept, because libxtables takes longer for them than for anything else, and few differ.
    """
    rule = _build_header(Rule("", protocol=protocol))
    built = []
    for name, options in (*matches, ("comment", (("comment", "room"),))):
        match = rule.create_match(name)
        _complete(match, options)
        built.append(bytes(match.match_buf))
    return b"".join(built)


@lru_cache(maxsize=256)
def _build_target(protocol: str | None, name: str, options: Options, *, jumps: bool) -> bytes:
    """Return the target of a rule."""
    rule = _build_header(Rule("", protocol=protocol))
    if jumps:
        # A jump to a chain is a standard target that libiptc resolves by its name.
        target = rule.create_target("ACCEPT")
        target.standard_target = name
    else:
        target = rule.create_target(name)
        _complete(target, options)
    return ctypes.string_at(ctypes.addressof(target.target), target.size)


def _complete(extension: iptc.Match | iptc.Target, options: Iterable[tuple[str, str]]) -> None:
    """Give an extension its options and have it checked.

    libxtables has one working copy of each extension, which is this one's until the next is made.
    """
    for option, value in options:
        words = value.split(" ")  # --tcp-flags has two
        extension.set_parameter(option, words if len(words) > 1 else value)
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
