"""What the topologies share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloudnet.agent.node.resources.actual import Nic
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.port import Port
from cloudnet.agent.node.resources.vlan import Vlan
from cloudnet.common.wire.objects import NetworkSnapshot


class CannotRender(Exception):  # noqa: N818 - a reason, caught where networks are rendered
    """Why this host cannot have a network now, and what to do."""


@dataclass(frozen=True)
class Links:
    """A network's bridge, and what connects it to other hosts."""

    bridge: Bridge
    uplink: Vlan | Port | None  # None: the network is on this host only


def require_nic(name: str, nics: Mapping[str, Nic], kind: str = "NIC") -> Nic:
    """Return the operator's link of this name.

    :raises CannotRender: the host has none
    """
    nic = nics.get(name)
    if nic is None:
        raise CannotRender(describe_missing(name, nics, kind))
    return nic


def describe_missing(name: str, nics: Mapping[str, Nic], kind: str = "NIC") -> str:
    """Return a line with the missing link and those that exist."""
    present = ", ".join(sorted(name for name in nics if name != "lo")) or "none"
    return f"{kind} {name} is not on this host; there are: {present}"


def bridge_over(network: NetworkSnapshot, nic: Nic) -> Bridge:
    """Return the network's bridge above a NIC: it has the NIC's MAC, and no larger MTU.

    :raises CannotRender: the network's MTU is larger than the NIC's
    """
    mtu = network.mtu or nic.mtu
    if mtu > nic.mtu:
        raise CannotRender(
            f"its MTU {mtu} is larger than the {nic.mtu} of {nic.name}; "
            f"raise the MTU of {nic.name} or lower the network's"
        )
    return Bridge(network.bridge, network.network, nic.mac, mtu)
