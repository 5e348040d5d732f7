"""Which program reads which option: a program refuses only what it reads itself."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from cloudnet.common.settings.options.hosts import HOSTS
from cloudnet.common.settings.options.networks import NETWORKS


class Program(enum.Enum):
    """What reads a configuration; ``cloudnet-manage`` reads what the controller does."""

    AGENT = "cloudnet-agent"
    CONTROLLER = "cloudnet-controller"


_BY_BOTH = frozenset({"host", "flat_interface", "vlan_interface", "dhcp_lease_time"})

_NOT_READ: Mapping[Program, frozenset[str]] = {
    Program.AGENT: frozenset(
        {option.dest for option in NETWORKS} | {"service_down_time", "workers"},
    )
    - _BY_BOTH,
    Program.CONTROLLER: frozenset(option.dest for option in HOSTS) - _BY_BOTH,
}
"""Options in [DEFAULT] that only the other program reads."""

_GROUPS_NOT_READ: Mapping[Program, frozenset[str]] = {
    Program.AGENT: frozenset({"database", "quota"}),
    Program.CONTROLLER: frozenset(),
}


def is_read_by(program: Program, group: str, name: str) -> bool:
    """Return whether the program reads this option of cloudnet's, if it has an effect at all."""
    if group == "DEFAULT":
        return name not in _NOT_READ[program]
    return group not in _GROUPS_NOT_READ[program]
