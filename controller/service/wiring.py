"""Reading what an instance has, for the compute service."""

from __future__ import annotations

from collections.abc import Sequence

from cloudnet.controller.database import Connection
from cloudnet.controller.nwinfo import Wiring
from cloudnet.controller.records import Guest, HostNetwork, Network
from cloudnet.controller.store import floating as floating_rows
from cloudnet.controller.store import hosts as host_rows
from cloudnet.controller.store import networks as network_rows


def of_guests(connection: Connection, guests: Sequence[Guest]) -> list[Wiring]:
    """Return all that is known about the VIFs of one instance."""
    if not guests:
        return []
    seen = network_rows.by_ids(connection, guests[0].host, [guest.network_id for guest in guests])
    floating_ips = floating_rows.of_instance(connection, guests[0].instance)
    networks = [network for network, _ in seen.values()]
    serving = {host for network in networks for host in _serving(network, guests[0].host) if host}
    on_hosts = host_rows.on_hosts(connection, serving, [network.uuid for network in networks])
    return [
        Wiring(
            network,
            guest,
            own_address if network.multi_host else None,
            tuple(ip.address for ip in floating_ips if ip.fixed_ip_id == guest.fixed_ip_id),
            is_active(network, guest.host, on_hosts),
        )
        for guest in guests
        for network, own_address in [seen[guest.network_id]]
    ]


def is_active(network: Network, guest_host: str, on_hosts: Sequence[HostNetwork]) -> bool:
    """Say whether all hosts that serve a guest have reported the network's last revision."""
    reported = {
        row.host
        for row in on_hosts
        if row.network_uuid == network.uuid
        and row.applied_revision is not None
        and row.applied_revision >= row.revision
    }
    return _serving(network, guest_host) <= reported


def _serving(network: Network, guest_host: str) -> set[str | None]:
    """Return the hosts without which a guest has no network; None: nobody is gateway yet."""
    return {guest_host, network.gateway_host(guest_host)}
