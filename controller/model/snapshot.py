"""From rows to what one host must have for one network."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address

from cloudnet.common.wire import objects
from cloudnet.controller.model import hostnames
from cloudnet.controller.model.records import FloatingIp, Guest, HostNetwork, Network


def build_snapshot(
    row: HostNetwork,
    network: Network | None,
    own_address: IPv4Address | None,
    guests: Sequence[Guest],
    floating_ips: Sequence[FloatingIp],
) -> objects.Snapshot:
    """Return the snapshot of a network on a host.

    :param network: None: it is deleted
    :param own_address: what the host has on a multi-host network; None: nothing yet
    :param guests: all of the network; those on this host are enough if it is not their gateway
    :param floating_ips: all that point at these guests
    """
    if network is None or not is_wanted(network, row.host, guests):
        return objects.NetworkGone(row.network_uuid, row.host, row.revision)
    if network.multi_host:
        served = [guest for guest in guests if guest.host == row.host]
        host_address, gateway = own_address, own_address
    elif network.host == row.host:
        served = list(guests)
        host_address, gateway = network.served_from, network.gateway
    else:
        served = []
        host_address, gateway = None, network.gateway
    return objects.NetworkSnapshot(
        network=network.uuid,
        host=row.host,
        revision=row.revision,
        label=network.label,
        topology=network.topology,
        bridge=network.bridge,
        vlan=network.vlan,
        bridge_interface=network.bridge_interface,
        mtu=network.mtu,
        cidr=network.cidr,
        host_address=host_address,
        gateway=gateway,
        enable_dhcp=network.enable_dhcp,
        dhcp_start=network.dhcp_start,
        dns=tuple(dns for dns in (network.dns1, network.dns2) if dns is not None),
        project=network.project_id,
        vifs=tuple(_vif(guest) for guest in sorted(served, key=lambda guest: guest.address)),
        floating_ips=_floating_ips(served, floating_ips),
    )


def is_wanted(network: Network, host: str, guests: Sequence[Guest]) -> bool:
    """Say whether a host must have the network: a guest's own host, and its gateway's."""
    if any(guest.host == host for guest in guests):
        return True
    return not network.multi_host and network.host == host and bool(guests)


def _vif(guest: Guest) -> objects.Vif:
    return objects.Vif(
        guest.mac,
        guest.address,
        guest.hostname or hostnames.default_hostname(guest.address),
        guest.instance,
    )


def _floating_ips(
    served: Sequence[Guest], floating_ips: Sequence[FloatingIp]
) -> tuple[objects.FloatingIp, ...]:
    fixed = {guest.fixed_ip_id: guest.address for guest in served}
    mine = [
        objects.FloatingIp(floating.address, fixed[floating.fixed_ip_id], floating.interface)
        for floating in floating_ips
        if floating.fixed_ip_id in fixed
    ]
    return tuple(sorted(mine, key=lambda floating: floating.address))
