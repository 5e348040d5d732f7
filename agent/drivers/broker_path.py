"""Whether this host still reaches the host of the broker."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

from cloudnet.common.urls import list_hosts, resolve

PORT = 5672
SECONDS = 2.0  # for an answer


class BrokerPath:
    """The addresses of the brokers, as they were when the controller was last reached."""

    def __init__(self, transport_url: str) -> None:
        self._url = transport_url
        self._addresses: list[tuple[IPv4Address, int]] = []

    def remember(self) -> None:
        """Resolve the brokers' names once, while a name server can be reached."""
        if not self._addresses:
            self._addresses = [
                (IPv4Address(address), port)
                for name in list_hosts(self._url)
                for port in [_port(self._url, name)]
                for address in resolve(name)
            ]

    def is_open(self, ranges: Sequence[IPv4Network] = ()) -> bool:
        """Return whether the host of a broker answers.

        A refused connection is an answer, too. An address in one of the ranges does not count,
        because these lead to bridges. Without a known address the path counts as open.
        """
        return not self._addresses or any(
            not any(address in taken for taken in ranges) and _answers(address, port)
            for address, port in self._addresses
        )


def _port(url: str, name: str) -> int:
    """Return the port of a host in a URL."""
    found = re.search(rf"(?:@|//|,){re.escape(name)}:(\d+)", url)
    return int(found[1]) if found else PORT


def _answers(address: IPv4Address, port: int) -> bool:
    try:
        socket.create_connection((str(address), port), SECONDS).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True
