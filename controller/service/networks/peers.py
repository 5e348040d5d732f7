"""The addresses of the broker and of the database, which no network may cover."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address

from cloudnet.common.settings.views import ControllerSettings
from cloudnet.common.urls import list_hosts
from cloudnet.controller.model.overlaps import Peers

Resolve = Callable[[str], list[str]]


def resolve(name: str) -> list[str]:
    """Return the IPv4 addresses of a host; none if its name cannot be resolved."""
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(address[0]) for *_, address in found]


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
