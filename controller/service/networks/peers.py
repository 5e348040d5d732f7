"""The addresses of the broker and of the database, which no network may cover."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address

from cloudnet.common.settings.views import ControllerSettings
from cloudnet.common.urls import list_hosts, resolve
from cloudnet.controller.model.overlaps import Peers

Resolve = Callable[[str], list[str]]


def list_peers(settings: ControllerSettings, resolve: Resolve = resolve) -> Peers:
    """Return the addresses that the controller's options name."""
    return [
        *_list_peers("broker", settings.rpc.transport_url, resolve),
        *_list_peers("database", settings.database, resolve),
    ]


def _list_peers(what: str, url: str, resolve: Resolve) -> Iterator[tuple[str, IPv4Address]]:
    for name in list_hosts(url):
        for address in resolve(name):
            yield f"the {what}'s address {address}", IPv4Address(address)
