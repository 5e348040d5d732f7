"""Snapshots: the desired state of one network on one host, built from rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address

from cloudnet.common.wire import objects
from cloudnet.controller.model import hostnames
from cloudnet.controller.model.records import (
    FloatingIp,
    Guest,
    HostNetwork,
    Network,
    RecoveredGuest,
)


def build_snapshot(  # noqa: PLR0917 - what a snapshot is made of
    row: HostNetwork,
    network: Network,
    own_address: IPv4Address | None,
    guests: Sequence[Guest],
    floating_ips: Sequence[FloatingIp],
    recovered: Sequence[RecoveredGuest] = (),
    *,
    is_kept: bool = False,
) -> objects.Snapshot:
    """Return the snapshot of a network on a host.

    :param own_address: of the host on a multi-host network; None: it has none yet, or it needs none
    :param guests: of the network; those on this host are enough if it is not the gateway of all
    :param floating_ips: on this host that are associated with these guests
    :param recovered: guests that the host serves and the database does not have
    :param is_kept: the host keeps the network, though the database has no guest there
    """
    if not is_kept and not recovered and not is_wanted(network, row.host, guests):
        return build_removal(row)
    served, host_address = _select_served(network, row.host, guests, own_address)
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
        gateway=own_address if network.multi_host else network.gateway,
        enable_dhcp=network.enable_dhcp,
        dhcp_start=network.dhcp_start,
        dns=network.dns_servers,
        project=network.project_id,
        vifs=_vifs(served, recovered if host_address is not None else ()),
        floating_ips=_floating_ips(served, floating_ips),
        names=_names(guests, row.host) if network.multi_host else (),
    )


def _select_served(
    network: Network, host: str, guests: Sequence[Guest], own_address: IPv4Address | None
) -> tuple[Sequence[Guest], IPv4Address | None]:
    """Return the guests whose gateway is the host, and the address that it has on the bridge."""
    if network.multi_host:
        return [guest for guest in guests if guest.host == host], own_address
    if network.host == host:
        return guests, network.served_from
    return (), None


def build_removal(row: HostNetwork) -> objects.NetworkGone:
    """Return the snapshot of a network that a host shall not have."""
    return objects.NetworkGone(row.network_uuid, row.host, row.revision)


def is_wanted(network: Network, host: str, guests: Sequence[Guest]) -> bool:
    """Whether a host needs a network: it runs a guest of it, or is the gateway of all guests."""
    if any(guest.host == host for guest in guests):
        return True
    return not network.multi_host and network.host == host and bool(guests)


def _vifs(served: Sequence[Guest], recovered: Sequence[RecoveredGuest]) -> tuple[objects.Vif, ...]:
    vifs = [_vif(guest) for guest in _select_first_addresses(served)]
    taken = {vif.address for vif in vifs}, {vif.mac for vif in vifs}
    vifs += [
        objects.Vif(guest.mac, guest.address, guest.hostname, guest.instance_uuid)
        for guest in recovered
        if guest.address not in taken[0] and guest.mac not in taken[1]
    ]
    return tuple(sorted(vifs, key=lambda vif: vif.address))


def _select_first_addresses(guests: Sequence[Guest]) -> Iterable[Guest]:
    """Return one guest for each VIF: DHCP gives it the address that it has had longest."""
    first: dict[int, Guest] = {}
    for guest in guests:
        known = first.get(guest.vif_id)
        if known is None or guest.fixed_ip_id < known.fixed_ip_id:
            first[guest.vif_id] = guest
    return first.values()


def _vif(guest: Guest) -> objects.Vif:
    return objects.Vif(
        guest.mac,
        guest.address,
        guest.hostname or hostnames.default_hostname(guest.address),
        guest.instance,
    )


def _names(guests: Sequence[Guest], host: str) -> tuple[objects.GuestName, ...]:
    """Return the names of guests of other hosts."""
    others = _select_first_addresses([guest for guest in guests if guest.host != host])
    names = (objects.GuestName(vif.address, vif.hostname) for vif in map(_vif, others))
    return tuple(sorted(names, key=lambda name: name.address))


def _floating_ips(
    served: Sequence[Guest], floating_ips: Sequence[FloatingIp]
) -> tuple[objects.FloatingIp, ...]:
    fixed = {guest.fixed_ip_id: guest.address for guest in served}
    associated = [
        objects.FloatingIp(floating.address, fixed[floating.fixed_ip_id], floating.interface)
        for floating in floating_ips
        if floating.fixed_ip_id in fixed
    ]
    return tuple(sorted(associated, key=lambda floating: floating.address))
