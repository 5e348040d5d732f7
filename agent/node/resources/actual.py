"""What a host has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloudnet.agent.node.resources.base import Resources

ALIAS = "cloudnet:"  # ifalias of a link of ours, before the network's uuid
LABEL = ":cn"  # end of the label of an address of ours


@dataclass(frozen=True)
class Nic:
    """A link that is not ours, as far as we need to know it."""

    name: str
    mac: str
    mtu: int
    kind: str | None = None  # as in `ip -d link`: vlan, bridge, tun…; None: hardware
    master: str | None = None  # None: in no bridge
    addressed: bool = False  # it carries addresses of the node's own


@dataclass(frozen=True)
class ActualState:
    """What a node has: our things, and the links of others."""

    resources: Resources
    nics: Mapping[str, Nic]  # by name; links that are not ours
