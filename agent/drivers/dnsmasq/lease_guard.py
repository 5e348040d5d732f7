"""Gives guests back the leases that a DHCPDECLINE or DHCPRELEASE ended, forged or not.

A guest keeps its address until the controller releases it; no message of a guest changes that. A
declined address is offered again after a SIGHUP. A lease comes back by a DHCPREQUEST in the guest's
name, as ``dhcp_release`` sends a DHCPRELEASE in its name: dnsmasq answers to the guest, which drops
an answer that it did not request.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import IPv4Address

from cloudnet.agent.drivers.dnsmasq.dhcp_messages import build_request
from cloudnet.agent.drivers.dnsmasq.dhcp_watch import DhcpWatch, ReceivedEnd
from cloudnet.agent.drivers.dnsmasq.host_files import parse_host

DHCP_SERVER_PORT = 67
# Between two repairs of a network: on SIGHUP dnsmasq runs its script for each lease, and a guest
# that sends messages without pause must not use up a processor that way.
PAUSE_SECONDS_EACH_GUEST = 0.1
MOST_REMEMBERED = 10_000  # addresses; more are not worth the memory


class LeaseGuard:
    """Remembers what ended leases, for each bridge, until that is put right."""

    def __init__(self, watch: DhcpWatch, clock: Callable[[], float] = time.monotonic) -> None:
        self._watch = watch
        self._clock = clock
        self._bridges: frozenset[str] = frozenset()
        self._ends: dict[tuple[str, IPv4Address], ReceivedEnd] = {}
        self._quiet_until: dict[str, float] = {}  # bridge → the next time to put it right

    def has_any(self) -> bool:
        """Return whether something must be put right now."""
        self._receive()
        return any(self._is_due(bridge) for bridge in {bridge for bridge, _ in self._ends})

    def watch_only(self, bridges: Iterable[str]) -> None:
        """Take the messages on these bridges only, and forget all others."""
        self._bridges = frozenset(bridges)
        self._ends = {key: end for key, end in self._ends.items() if key[0] in self._bridges}
        self._receive()

    def list_faults(self, bridge: str, hosts: Iterable[str]) -> Iterator[str]:
        """Yield what was done to leases of these guests, and forget what was done to others.

        :param hosts: the dhcp-host lines of the bridge
        """
        if not self._is_due(bridge) or not self._select(bridge):
            return
        guests = _by_address(hosts)
        for key, received in self._select(bridge).items():
            if key[1] in guests:
                verb = "declined" if received.end.declined else "released"
                yield f"{key[1]} {verb} by {received.sender}"
            else:
                del self._ends[key]

    def needs_reload(self, bridge: str) -> bool:
        """Return whether an address of the bridge was declined, so that dnsmasq needs a SIGHUP."""
        ends = self._select(bridge).values() if self._is_due(bridge) else ()
        return any(received.end.declined for received in ends)

    def restore(self, bridge: str, hosts: Iterable[str], server: str) -> None:
        """Get the leases of these guests back.

        :param server: the address of the bridge's dnsmasq
        """
        ends = self._select(bridge) if self._is_due(bridge) else {}
        if not ends:
            return
        guests = _by_address(hosts)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            # dnsmasq takes it for a message that the bridge received.
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, bridge.encode())
            for key in ends:
                if key[1] in guests:
                    request = build_request(guests[key[1]], key[1])
                    sender.sendto(request, (server, DHCP_SERVER_PORT))
                del self._ends[key]
        self._quiet_until[bridge] = self._clock() + PAUSE_SECONDS_EACH_GUEST * len(guests)

    def close(self) -> None:
        """Close the socket."""
        self._watch.close()

    def _receive(self) -> None:
        for received in self._watch.receive():
            key = received.bridge, received.end.address
            known = self._ends.get(key)
            if known is None:
                if received.bridge in self._bridges and len(self._ends) < MOST_REMEMBERED:
                    self._ends[key] = received
            elif received.end.declined:
                self._ends[key] = received

    def _is_due(self, bridge: str) -> bool:
        return self._clock() >= self._quiet_until.get(bridge, 0.0)

    def _select(self, bridge: str) -> Mapping[tuple[str, IPv4Address], ReceivedEnd]:
        return {key: end for key, end in self._ends.items() if key[0] == bridge}


def _by_address(hosts: Iterable[str]) -> dict[IPv4Address, str]:
    """Return the MAC of each guest by its address."""
    return {guest[1]: guest[0] for guest in map(parse_host, hosts) if guest is not None}
