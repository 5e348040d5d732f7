"""Options, and the typed, frozen settings that core code is given.

A program's ``main`` calls a function of :mod:`.load`; nothing else uses oslo.config. The settings'
types in :mod:`.views` are imported everywhere, also by programs that must start fast, so nothing is
imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oslo_config import cfg


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return every option by group; the entry point of oslo-config-generator."""
    from cloudnet.common.settings import sample  # noqa: PLC0415 - see above

    return sample.list_opts()
