"""What a host has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloudnet.agent.node.resources.base import Resources

ALIAS = "cloudnet:"  # ifalias of a link of ours, before the network's uuid
LABEL = ":cn"  # end of the label of an address of ours


@dataclass(frozen=True)
class Nic:
    """A link that is not ours, with the properties that rendering needs."""

    name: str
    mac: str
    mtu: int


@dataclass(frozen=True)
class ActualState:
    """What a host has: the resources of ours, and the links of others."""

    resources: Resources
    nics: Mapping[str, Nic]  # by name; links that are not ours
