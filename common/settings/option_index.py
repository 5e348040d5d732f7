"""Which names mean something, and where: today's spelling for every spelling there was."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from oslo_config import cfg

LENIENT = frozenset({"api", "cells", "oslo_concurrency", "upgrade_levels"})
"""Groups that belong to other programs and hold an option or two of ours."""


@dataclass(frozen=True)
class Known:
    """An option, and the group it has today."""

    group: str
    option: cfg.Opt


class Vocabulary:
    """All options of some groups, found by any name they ever had."""

    def __init__(self, groups: Mapping[str, Iterable[cfg.Opt]]) -> None:
        self._names: dict[tuple[str, str], Known] = {}
        for group, options in groups.items():
            for option in options:
                known = Known(group, option)
                self._names[group, option.dest] = known
                for former in option.deprecated_opts:
                    name = former.name or option.dest
                    self._names.setdefault((former.group or group, name.replace("-", "_")), known)
        self._strict = frozenset(group for group, _ in self._names) - LENIENT

    def find(self, group: str, name: str) -> Known | None:
        """Return what the name means in the group, or None."""
        return self._names.get((group, name))

    def is_ours(self, group: str) -> bool:
        """Whether an unknown name in this group is a slip of the pen, not another program's."""
        return group in self._strict

    def nearest(self, group: str, name: str) -> str | None:
        """Return what was probably meant: a like name, or the same one in another group."""
        elsewhere = [g for g, n in self._names if n == name and g != group]
        if elsewhere:
            return f"[{elsewhere[0]}] {name}"
        here = [n for g, n in self._names if g == group]
        close = difflib.get_close_matches(name, here, n=1, cutoff=0.75)
        return close[0] if close else None
