"""What a transaction changes, as subscribers are notified of it after the commit.

The types that begin with ``network.`` are nova-network's, with its payloads. Ours begin with
``cloudnet.`` and have a version: keys are added, never removed or changed, before it is raised.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from cloudnet.controller.model.records import Event, Network

VERSION = "1.0"

FLOATING_ALLOCATED = "network.floating_ip.allocate"
FLOATING_DEALLOCATED = "network.floating_ip.deallocate"
FLOATING_ASSOCIATED = "network.floating_ip.associate"
FLOATING_DISASSOCIATED = "network.floating_ip.disassociate"
NETWORK_CREATED = "cloudnet.network.create"
NETWORK_UPDATED = "cloudnet.network.update"
NETWORK_DELETED = "cloudnet.network.delete"
ADDRESS = "cloudnet.address."  # and the event of address_history


@dataclass(frozen=True)
class Change:
    """A change: what happened, and to what."""

    event_type: str
    payload: dict[str, Any]  # Any: JSON


def address_change(event: Event) -> Change:
    """Return the change of an event of an address."""
    return Change(
        ADDRESS + event.event.replace(" ", "_"),
        {
            "version": VERSION,
            "address": str(event.address),
            "network_id": event.network_uuid,
            "mac": event.mac,
            "instance_id": event.instance_uuid,
            "project_id": event.project_id,
            "host": event.host,
        },
    )


def network_change(event_type: str, network: Network) -> Change:
    """Return a change of a network, with what it is now (or was, if it is deleted)."""
    return Change(
        event_type,
        {
            "version": VERSION,
            "network_id": network.uuid,
            "label": network.label,
            "cidr": str(network.cidr),
            "vlan": network.vlan,
            "project_id": network.project_id,
            "host": network.host,
        },
    )


def floating_change(
    event_type: str, address: IPv4Address, project: str | None, instance: str | None = None
) -> Change:
    """Return a change of a floating IP, with nova-network's payload."""
    payload = {"project_id": project, "floating_ip": str(address)}
    if event_type in {FLOATING_ASSOCIATED, FLOATING_DISASSOCIATED}:
        payload["instance_id"] = instance
    return Change(event_type, payload)
