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
    from cloudnet.common.settings.load import (
        list_opts,
        load_agent,
        load_controller,
        read_controller,
    )

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


def __getattr__(name: str) -> Any:  # Any: whatever the module that loads has under this name
    if name in __all__:
        return getattr(importlib.import_module("cloudnet.common.settings.load"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
