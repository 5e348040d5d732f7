"""Find an option by any name that it ever had: ours, a library's, or another service's of nova's.

oslo.log and oslo.messaging publish their options under an entry point. They are loaded only when a
name is found that is not ours: importing oslo.messaging takes longer than most commands run.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

from oslo_config import cfg

from cloudnet.common.settings import nova_options
from cloudnet.common.settings.options import GROUPS, SHARED
from cloudnet.common.settings.renames import RABBIT_GROUP
from cloudnet.common.usage import join_or

LOG_LIBRARY = "oslo.log"
MESSAGING_LIBRARY = "oslo.messaging"
LIBRARIES = (LOG_LIBRARY, MESSAGING_LIBRARY)

MESSAGING_GROUPS = "oslo_messaging_"  # how the names of oslo.messaging's groups begin

SHARED_GROUPS = frozenset({"api", "cells", "oslo_concurrency", "upgrade_levels"})
"""Groups of other programs that hold an option or two of ours: unknown names in them are theirs."""


@dataclass(frozen=True)
class OptionEntry:
    """An option, and the group that it is in today."""

    group: str
    option: cfg.Opt


class OptionTable:
    """The options of some groups by (group, name), former names included."""

    def __init__(self, groups: Mapping[str, Iterable[cfg.Opt]]) -> None:
        self._entries: dict[tuple[str, str], OptionEntry] = {}
        for group, options in groups.items():
            for option in options:
                self._add(OptionEntry(group, option))
        self.groups = frozenset(group for group, _ in self._entries)

    def _add(self, entry: OptionEntry) -> None:
        name = entry.option.dest
        self._entries[entry.group, name] = entry
        for former in entry.option.deprecated_opts:
            former_name = (former.name or name).replace("-", "_")
            self._entries.setdefault((former.group or entry.group, former_name), entry)

    def find(self, group: str, name: str) -> OptionEntry | None:
        """Return the option that has or had this name in this group, or None."""
        return self._entries.get((group, name))

    def names(self) -> Iterable[tuple[str, str]]:
        """Return group and name of each option, former ones included."""
        return self._entries.keys()

    def find_similar(self, group: str, name: str) -> str | None:
        """Return what was probably meant: the name in another group, or all similar ones."""
        elsewhere = [g for g, n in self._entries if n == name and g != group]
        if elsewhere:
            return join_or([f"[{each}] {name}" for each in elsewhere])
        here = [n for g, n in self._entries if g == group]
        if name.lower() in here:
            return name.lower()
        close = difflib.get_close_matches(name.lower(), here, n=5, cutoff=0.75)
        return join_or(close) if close else None


OWN = OptionTable({**GROUPS, "DEFAULT": (*GROUPS["DEFAULT"], *SHARED)})


def find_option(group: str, name: str) -> OptionEntry | None:
    """Return the option of ours or of a library's that the name means, or None."""
    own = OWN.find(group, name)
    if own is not None or nova_options.is_known_name(group, name):
        return own
    if group != "DEFAULT" and not group.startswith(MESSAGING_GROUPS):
        return None
    found = (library_table(library).find(group, name) for library in LIBRARIES)
    return next((entry for entry in found if entry is not None), None)


def is_own(group: str, name: str) -> bool:
    """Return whether the option with this current name is cloudnet's, not only a library's."""
    return OWN.find(group, name) is not None


def is_other_program_option(group: str, name: str) -> bool:
    """Return whether a name that is no option here belongs to another program."""
    if nova_options.is_other_service_option(group, name):
        return True
    return group not in (OWN.groups - SHARED_GROUPS) | {RABBIT_GROUP}


def find_similar_name(group: str, name: str) -> str | None:
    """Return what was probably meant by an unknown name, or None."""
    found = OWN.find_similar(group, name)
    for library in LIBRARIES:
        found = found or library_table(library).find_similar(group, name)
    return found


def list_library_options(library: str) -> dict[str, list[cfg.Opt]]:
    """Return the library's options by group."""
    groups: dict[str, list[cfg.Opt]] = {}
    for entry in entry_points(group="oslo.config.opts", name=library):
        with warnings.catch_warnings():  # about eventlet, which is imported but never run
            warnings.simplefilter("ignore")
            published: Iterable[tuple[str | None, Iterable[cfg.Opt]]] = entry.load()()
        for group, options in published:
            groups.setdefault(group or "DEFAULT", []).extend(options)
    return groups


@cache
def library_table(library: str) -> OptionTable:
    """Return the options of a library; the first call imports it."""
    return OptionTable(list_library_options(library))
