"""The options of the libraries we stand on, which share [DEFAULT] with ours.

oslo.log and oslo.messaging publish theirs under an entry point. They are asked only when a name is
met that is not ours: importing oslo.messaging takes longer than most commands.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points

from oslo_config import cfg

from cloudnet.common.settings.option_index import Known, Vocabulary

LOG = "oslo.log"
MESSAGING = "oslo.messaging"


def options_of(library: str) -> dict[str, list[cfg.Opt]]:
    """Return the library's options by group."""
    groups: dict[str, list[cfg.Opt]] = {}
    for entry in entry_points(group="oslo.config.opts", name=library):
        with warnings.catch_warnings():  # about eventlet, which is imported but never run
            warnings.simplefilter("ignore")
            published: Iterable[tuple[str | None, Iterable[cfg.Opt]]] = entry.load()()
        for group, options in published:
            groups.setdefault(group or "DEFAULT", []).extend(options)
    return groups


def library_option(group: str, name: str) -> Known | None:
    """Return the option that one of the libraries has under this name, or None."""
    if group != "DEFAULT" and not group.startswith("oslo_messaging_"):
        return None
    for library in (LOG, MESSAGING):
        known = _vocabulary(library).find(group, name)
        if known is not None:
            return known
    return None


def nearest_library_option(group: str, name: str) -> str | None:
    """Return what one of the libraries knows that is spelled much like this, or None."""
    for library in (LOG, MESSAGING):
        near = _vocabulary(library).nearest(group, name)
        if near is not None:
            return near
    return None


@cache
def _vocabulary(library: str) -> Vocabulary:
    return Vocabulary(options_of(library))
