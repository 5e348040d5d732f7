"""What a compute service requests: which networks, and which addresses on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cloudnet.common.client.encoding import Address


@dataclass(frozen=True)
class RequestedNetwork:
    """A network for one VIF of an instance.

    :param network_id: its uuid. ``auto`` in its place: the project's networks; ``none``: no network
    :param address: the fixed IP that the VIF gets; None: the one that has been free longest
    :param tag: the VIF's name for the guest's user, stored in ``virtual_interfaces.tag``
    """

    network_id: str
    address: Address | None = None
    tag: str | None = None


Networks = Iterable[RequestedNetwork | tuple[str, Address | None]]
"""Requested networks; a pair is a uuid and an address."""


def encode_networks(networks: Networks | None) -> list[dict[str, object]] | None:
    """Return requested networks as dictionaries."""
    if networks is None:
        return None
    return [
        vars(each if isinstance(each, RequestedNetwork) else RequestedNetwork(*each))
        for each in networks
    ]
