"""One iptables table, between reading it and writing it back: python-iptables' Table, tamed.

Its habits that matter here:

* One Table object per name lives for ever and keeps what it read last, so it is refreshed when it
  is opened and closed at the end. It commits on its own unless told not to.
* ``Rule.final_check()``, which ``Chain.append_rule()`` calls, prints every extension to a pipe that
  it puts in place of the *process's* standard output, and parses that. What another thread writes
  at that moment ends up in the rule. So rules go in through ``append_entry()``, and each extension
  is asked for its own last check as soon as it has its options: some set what the kernel needs
  only then (SNAT its number of ranges).
* For a target it does not know, it opens all five tables to look for a chain of that name, which
  makes the kernel load and run them. :class:`_Rule` says that there are none.
* Its rules are read in place, as libiptc has them: making a Rule object of each costs fifty times
  as much, and prints to that pipe again.
"""

from __future__ import annotations

import ctypes
import os
import re
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import iptc
from iptc.errors import XTablesError

from cloudnet.agent.node.resources.iptables_table import Rule
from cloudnet.common.errors import KernelRefused

ENTRY_BYTES = 112  # struct ipt_entry: struct ipt_ip, then …
OFFSETS = struct.Struct("88xHH")  # … target_offset, next_offset after 4 bytes of nfcache
MATCH = struct.Struct("H29sB")  # struct xt_entry_match: size, name, revision; then its data
COMMENT_BYTES = 256  # struct xt_comment_info


class _Rule(iptc.Rule):  # type: ignore[misc]  # iptc publishes no types
    """A rule that does not look through other tables for its target."""

    tables = ()


@dataclass(frozen=True)
class FoundRule:
    """A rule as it stands in a table."""

    comment: str  # empty: it has none
    target: str  # a chain, an extension or a verdict


class Ruleset:
    """An open table. Changes are seen by nobody before ``commit()``, and then all at once."""

    def __init__(self, name: str, table: iptc.Table) -> None:
        self.name = name
        self._table = table

    def chains(self) -> list[str]:
        """Return the names of all chains."""
        return [chain.name for chain in self._table.chains]

    def is_builtin(self, chain: str) -> bool:
        """Say whether a chain is the kernel's own."""
        return bool(self._table.builtin_chain(chain))

    def rules(self, chain: str) -> Iterator[FoundRule]:
        """Yield a chain's rules, in order."""
        entry = self._table.first_rule(chain)
        while entry:
            target = self._table.get_target(entry)
            yield FoundRule(_comment(ctypes.addressof(entry)), (target or b"").decode())
            entry = self._table.next_rule(entry)

    def add_chain(self, chain: str) -> None:
        """Add an empty chain."""
        self._table.create_chain(chain)

    def remove_chain(self, chain: str) -> None:
        """Remove an empty chain that nothing jumps to."""
        self._table.delete_chain(chain)

    def clear(self, chain: str) -> None:
        """Remove all rules of a chain."""
        self._table.flush_entries(chain)

    def append(self, chain: str, rule: Rule, comment: str) -> None:
        """Add a rule at the end of a chain."""
        self._table.append_entry(chain, self._built(rule, comment))

    def insert(self, chain: str, rule: Rule, comment: str) -> None:
        """Add a rule at the head of a chain."""
        self._table.insert_entry(chain, self._built(rule, comment), 0)

    def delete(self, chain: str, number: int) -> None:
        """Remove the rule at a position, counted from 0."""
        # libiptc can delete by position, but python-iptables wraps only deletion by equality.
        libiptc = self._table._iptc  # noqa: SLF001
        handle = self._table._handle  # noqa: SLF001
        if not libiptc.iptc_delete_num_entry(chain.encode(), ctypes.c_uint(number), handle):
            raise iptc.IPTCError(f"can't delete rule {number} of chain {chain}")

    def _built(self, rule: Rule, comment: str) -> ctypes.Array[ctypes.c_ubyte]:
        return _built(rule, comment, jumps=self._table.is_chain(rule.target))

    def commit(self) -> None:
        """Write the table back, if anything in it was changed."""
        self._table.commit()


@contextmanager
def opened(name: str) -> Iterator[Ruleset]:
    """Read a table and hand it out; what libiptc refuses becomes one line.

    :raises KernelRefused: libiptc, an extension or the kernel would not
    """
    try:
        table = iptc.Table(name, autocommit=False)
        table.refresh()
        try:
            yield Ruleset(name, table)
        finally:
            table.close()
    except (iptc.IPTCError, XTablesError, ValueError, AttributeError) as error:
        said = re.sub(r"b'([^']*)'", r"\1", str(error))  # python-iptables prints C strings as bytes
        raise KernelRefused(
            f"iptables table {name}: {said}; see `iptables-legacy -t {name} -S` and `dmesg`"
        ) from error


def exists(name: str) -> bool:
    """Say whether the kernel has the table here; opening one that it has not would make it."""
    try:
        with open("/proc/net/ip_tables_names", encoding="ascii") as names:  # noqa: PTH123
            return name in names.read().split()
    except FileNotFoundError:  # no ip_tables in this kernel, or not loaded yet
        return False


def _built(rule: Rule, comment: str, *, jumps: bool) -> ctypes.Array[ctypes.c_ubyte]:
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
    buffer: ctypes.Array[ctypes.c_ubyte] = built.rule
    return buffer


def _complete(extension: iptc.Match | iptc.Target, options: Iterable[tuple[str, str]]) -> None:
    """Give an extension its options and have it checked.

    libxtables has one working copy of each extension, which is this one's until the next is made.
    """
    for option, value in options:
        extension.set_parameter(option, value)
    extension._final_check()  # noqa: SLF001 - the public one is the printing one


def _comment(entry: int) -> str:
    """Return the comment of the rule at this address in libiptc's memory."""
    target_offset, _ = OFFSETS.unpack_from(ctypes.string_at(entry, OFFSETS.size))
    matches = ctypes.string_at(entry, target_offset)
    offset = ENTRY_BYTES
    while offset < target_offset:
        size, name, _ = MATCH.unpack_from(matches, offset)
        if name.split(b"\0", 1)[0] == b"comment":
            said = matches[offset + MATCH.size : offset + size][:COMMENT_BYTES]
            return os.fsdecode(said.split(b"\0", 1)[0])
        offset += size
    return ""
