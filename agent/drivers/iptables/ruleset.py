"""One iptables table, between reading it and writing it back: python-iptables' binding of libiptc.

Its own objects are not used: a table opened by its ``Table`` class stays open and shared for the
life of the process, and objects for the rules of a table cost fifty times as much as reading them
in place, where libiptc has them.
"""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import iptc
from iptc.errors import XTablesError
from iptc.ip4tc import iptc as libiptc

from cloudnet.agent.drivers.iptables.rule_entry import build_entry, comment_of
from cloudnet.agent.node.resources.iptables_table import Rule
from cloudnet.common.errors import KernelRefused

Handle = Any  # a pointer to libiptc's structure; ctypes' pointers have no public type

_errno = ctypes.CDLL(None)["__errno_location"]
_errno.restype = ctypes.POINTER(ctypes.c_int)


@dataclass(frozen=True)
class FoundRule:
    """A rule of a table."""

    comment: str  # empty: it has none
    target: str  # a chain, an extension or a verdict


class Ruleset:
    """An open table. Changes take effect with ``commit()``, all at once."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def chains(self) -> list[str]:
        """Return the names of all chains."""
        found = []
        name = libiptc.iptc_first_chain(self._handle)
        while name:
            found.append(os.fsdecode(name))
            name = libiptc.iptc_next_chain(self._handle)
        return found

    def has(self, chain: str) -> bool:
        """Return whether there is a chain of this name."""
        return bool(libiptc.iptc_is_chain(os.fsencode(chain), self._handle))

    def is_builtin(self, chain: str) -> bool:
        """Return whether a chain is the kernel's own."""
        return bool(libiptc.iptc_builtin(os.fsencode(chain), self._handle))

    def is_jumped_to(self, chain: str) -> bool:
        """Return whether any rule jumps to a chain."""
        count = ctypes.c_uint()
        self._must(
            libiptc.iptc_get_references(ctypes.byref(count), os.fsencode(chain), self._handle),
            f"can't count the jumps to chain {chain}",
        )
        return count.value > 0

    def comments(self, chain: str) -> tuple[str, ...]:
        """Return the comments of a chain's rules, in order; empty: a rule has none."""
        return tuple(comment_of(rule) for rule in self._rules(chain))

    def rules(self, chain: str) -> Iterator[FoundRule]:
        """Yield a chain's rules, in order."""
        for rule in self._rules(chain):
            target = libiptc.iptc_get_target(rule, self._handle) or b""
            yield FoundRule(comment_of(rule), os.fsdecode(target))

    def add_chain(self, chain: str) -> None:
        """Add an empty chain."""
        created = libiptc.iptc_create_chain(os.fsencode(chain), self._handle)
        self._must(created, f"can't create chain {chain}")

    def remove_chain(self, chain: str) -> None:
        """Remove an empty chain that nothing jumps to."""
        removed = libiptc.iptc_delete_chain(os.fsencode(chain), self._handle)
        self._must(removed, f"can't delete chain {chain}")

    def clear(self, chain: str) -> None:
        """Remove all rules of a chain."""
        cleared = libiptc.iptc_flush_entries(os.fsencode(chain), self._handle)
        self._must(cleared, f"can't flush chain {chain}")

    def insert(self, chain: str, number: int, rule: Rule, comment: str) -> None:
        """Add a rule to a chain, before the one that has this number, counted from 0."""
        entry = build_entry(rule, comment, jumps=self.has(rule.target))
        inserted = libiptc.iptc_insert_entry(
            os.fsencode(chain), ctypes.byref(entry), ctypes.c_uint(number), self._handle
        )
        self._must(inserted, f"can't insert rule {number} into chain {chain}")

    def delete(self, chain: str, number: int) -> None:
        """Remove the rule at a position, counted from 0."""
        deleted = libiptc.iptc_delete_num_entry(
            os.fsencode(chain), ctypes.c_uint(number), self._handle
        )
        self._must(deleted, f"can't delete rule {number} of chain {chain}")

    def commit(self) -> None:
        """Write the table back, if anything in it was changed."""
        self._must(libiptc.iptc_commit(self._handle), "can't commit")

    def _rules(self, chain: str) -> Iterator[Any]:
        rule = libiptc.iptc_first_rule(os.fsencode(chain), self._handle)
        while rule:
            yield rule
            rule = libiptc.iptc_next_rule(rule, self._handle)

    @staticmethod
    def _must(succeeded: int, otherwise: str) -> None:
        if not succeeded:
            raise iptc.IPTCError(f"{otherwise}: {_reason()}")


@contextmanager
def opened(name: str) -> Iterator[Ruleset]:
    """Read a table and close it at the end; what libiptc refuses becomes one line.

    :raises KernelRefused: libiptc, an extension or the kernel refused
    """
    try:
        handle = libiptc.iptc_init(name.encode())
        if not handle:
            raise iptc.IPTCError(f"can't initialize {name}: {_reason()}")
        try:
            yield Ruleset(handle)
        finally:
            libiptc.iptc_free(handle)
    except (iptc.IPTCError, XTablesError, ValueError, AttributeError) as error:
        reason = re.sub(r"b'([^']*)'", r"\1", str(error))  # it prints C strings as bytes
        raise KernelRefused(
            f"iptables table {name}: {reason}; see `iptables-legacy -t {name} -S` and `dmesg`"
        ) from error


def exists(name: str) -> bool:
    """Return whether the kernel has the table; opening one that it does not have creates it."""
    try:
        with open("/proc/net/ip_tables_names", encoding="ascii") as names:  # noqa: PTH123
            return name in names.read().split()
    except FileNotFoundError:  # no ip_tables in this kernel, or not loaded yet
        return False


def _reason() -> str:
    number = _errno()[0]
    if number == 0:
        return "libiptc version error"
    return os.fsdecode(libiptc.iptc_strerror(number))
