"""Every option there is, and the typed, frozen views that core code is given of them.

``main`` calls :func:`load_controller` or :func:`load_agent`; nobody else sees oslo.config. The
views are imported everywhere, also by what must start fast, so the loading (and oslo.config with
it) is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cloudnet.common.settings.views import (
    AgentSettings,
    ControllerSettings,
    DhcpSettings,
    NatSettings,
    NetworkDefaults,
    RpcSettings,
)

if TYPE_CHECKING:
    from cloudnet.common.settings.load import load_agent, load_controller
    from cloudnet.common.settings.read import read_controller
    from cloudnet.common.settings.sample import list_opts

__all__ = [
    "AgentSettings",
    "ControllerSettings",
    "DhcpSettings",
    "NatSettings",
    "NetworkDefaults",
    "RpcSettings",
    "list_opts",
    "load_agent",
    "load_controller",
    "read_controller",
]


_LATER = {
    "list_opts": "sample",
    "load_agent": "load",
    "load_controller": "load",
    "read_controller": "read",
}


def __getattr__(name: str) -> Any:  # Any: whatever the module has under this name
    if name in _LATER:
        return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
