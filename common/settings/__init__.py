"""Every option there is, and the typed, frozen views that core code is given of them.

``main`` calls :func:`load_controller` or :func:`load_agent`; nobody else sees oslo.config.
"""

from cloudnet.common.settings.load import (
    list_opts,
    load_agent,
    load_controller,
    read_controller,
)
from cloudnet.common.settings.views import (
    AgentSettings,
    ControllerSettings,
    DhcpSettings,
    NatSettings,
    NetworkDefaults,
    RpcSettings,
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
