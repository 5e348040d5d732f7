"""One transaction that attaches an instance to its networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address

from cloudnet.common.errors import (
    BadRequest,
    FixedIpAlreadyInUse,
    FixedIpNotFoundForNetwork,
    NoMoreFixedIps,
)
from cloudnet.common.settings.views import ControllerSettings
from cloudnet.common.wire.objects import Topology
from cloudnet.controller.db.conflicts import Conflict
from cloudnet.controller.db.engine import Connection
from cloudnet.controller.db.rows import addresses as address_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import history as history_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.db.rows import pool
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model import events, hostnames
from cloudnet.controller.model.host_changes import ChangedPart
from cloudnet.controller.model.nwinfo import VifInfo
from cloudnet.controller.model.records import Event, Guest, Instance, Network, SnapshotKey
from cloudnet.controller.service.addresses.quarantine import free_due
from cloudnet.controller.service.floating.allocation import assign_floating_ip
from cloudnet.controller.service.hosts import attachment
from cloudnet.controller.service.hosts.administration import require_enabled
from cloudnet.controller.service.hosts.restored import require_checked
from cloudnet.controller.service.migrations.move import move_instance
from cloudnet.controller.service.networks.network_selection import (
    RequestedNetwork,
    SelectedNetwork,
    select_networks,
)
from cloudnet.controller.service.quota_checks import check_fixed_ips
from cloudnet.controller.service.vifs.macs import MacCandidates
from cloudnet.controller.service.vifs.vif_info import list_vif_info

_MANY = 500  # addresses that are freed at once


@dataclass(frozen=True)
class BootRequest:
    """An instance that needs its networks."""

    instance: str  # uuid
    project: str
    host: str
    hostname: str | None = None  # None: the default one, which is made of the address
    requested: tuple[RequestedNetwork, ...] = ()  # empty: the networks of the project
    macs: tuple[str, ...] | None = None  # of the hypervisor; None: random ones
    rxtx_factor: float | None = None


class Allocation:
    """What an instance gets, row by row; after an exception nothing of it is left."""

    def __init__(
        self,
        connection: Connection,
        boot: BootRequest,
        settings: ControllerSettings,
        macs: MacCandidates,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._boot = boot
        self._settings = settings
        self._macs = macs
        self._now = now
        self.vifs: list[VifInfo] = []
        self.is_first = False  # the instance had nothing before
        self.changed: set[SnapshotKey] = set()  # empty: the instance had all of it, on this host
        self._events: list[Event] = []

    def run(self) -> Allocation:
        """Claim a VIF and an address on each network where the instance has none."""
        self._macs.restart()
        before = self._ensure_instance()
        self.is_first = not before
        selected = self._select_missing(before)
        self._check_quota(selected)
        for selection in selected:
            self._claim(selection, None)
        if self.vifs and self.is_first and self._settings.auto_assign_floating_ip:
            self._assign_floating_ip()
        if self._events:
            history_rows.add(self._connection, self._events, self._now)
        if before:
            guests = guest_rows.list_for_instance(self._connection, self._boot.instance)
            self.vifs = list_vif_info(self._connection, guests)
        elif not selected:
            instance_rows.delete_unused(self._connection, [self._boot.instance])
        return self

    def add_address(self) -> Guest:
        """Claim an address on the one requested network, also if the instance has one there."""
        self._macs.restart()
        before = self._ensure_instance()
        boot, default = self._boot, self._settings.networks.topology
        [selection] = select_networks(
            self._connection, boot.project, boot.requested, default, self._now
        )
        self._check_quota([selection])
        present = [guest for guest in before if guest.network_id == selection.network.id]
        guest = self._claim(selection, present[0] if present else None)
        history_rows.add(self._connection, self._events, self._now)
        guests = guest_rows.list_for_instance(self._connection, boot.instance)
        self.vifs = list_vif_info(self._connection, guests)
        return guest

    def _ensure_instance(self) -> list[Guest]:
        """Add or update the row of the instance, and return what the instance has already."""
        boot = self._boot
        wanted = Instance(
            boot.instance, boot.project, boot.host, hostnames.to_dns_label(boot.hostname)
        )
        row = instance_rows.lock(self._connection, boot.instance)
        if row is None:
            require_enabled(self._connection, boot.host)
            instance_rows.add(self._connection, wanted, self._now)
            return []
        if row.project_id != boot.project:
            raise BadRequest(
                f"instance {boot.instance} belongs to project {row.project_id}, "
                f"not to {boot.project}"
            )
        guests = guest_rows.list_for_instance(self._connection, boot.instance)
        if guests and row.host != boot.host:
            # The compute service builds it again on another host, after a failure on the first one
            # where nothing was released.
            self.changed |= move_instance(self._connection, row, guests, boot.host, self._now)
            return guest_rows.list_for_instance(self._connection, boot.instance)
        if not guests and row != wanted:
            instance_rows.update(self._connection, wanted, self._now)
        return guests

    def _select_missing(self, before: Sequence[Guest]) -> list[SelectedNetwork]:
        """Return the networks that the instance still needs.

        An instance that has any needs no others, unless the caller requests them.
        """
        boot, default = self._boot, self._settings.networks.topology
        if before and not boot.requested:
            return []
        selected = select_networks(
            self._connection, boot.project, boot.requested, default, self._now
        )
        present = {guest.network_id: guest.address for guest in before}
        for selection in selected:
            address = present.get(selection.network.id)
            if address is not None and selection.address not in {None, address}:
                raise BadRequest(
                    f"instance {boot.instance} has {address} on network {selection.network.label}; "
                    f"deallocate that before it can have {selection.address}"
                )
        return [selection for selection in selected if selection.network.id not in present]

    def _check_quota(self, selected: Sequence[SelectedNetwork]) -> None:
        if selected:
            check_fixed_ips(
                self._connection,
                self._boot.project,
                len(selected),
                self._settings.quota_fixed_ips,
            )

    def _assign_floating_ip(self) -> None:
        """Give a new instance a floating IP of the default pool, which is released with it.

        It is on the first interface that has a gateway: no host routes a flat network.
        """
        routed = (n for n, vif in enumerate(self.vifs) if vif.network.topology is not Topology.FLAT)
        number = next(routed, None)
        if number is None:
            return
        first = self.vifs[number]
        floating = assign_floating_ip(
            self._connection,
            first.guest,
            first.network.gateway_host(first.guest.host),
            self._settings.default_floating_pool,
            self._now,
        )
        part = ChangedPart(fixed_ip=first.guest.address, floating_ip=floating.address)
        self.changed |= attachment.record_changes(
            self._connection, first.network, first.guest.host, self._now, [part]
        )
        self.vifs[number] = replace(first, floating_ips=(floating.address,))

    def _claim(self, selection: SelectedNetwork, present: Guest | None) -> Guest:
        """Claim an address on one network, for a new VIF or for the one that is present."""
        boot = self._boot
        attached = attachment.attach(self._connection, selection.network, boot.host, self._now)
        network = attached.network
        self._events += attached.events
        require_checked(self._connection, self._now)
        requested = (
            None if selection.address is None else self._check_requested(network, selection.address)
        )
        mac, vif_id, vif_uuid = (
            self._add_vif(network, selection.tag)
            if present is None
            else (present.mac, present.vif_id, present.vif_uuid)
        )
        fixed_ip_id, position = self._claim_address(network, requested, vif_id)
        guest = Guest(
            vif_id=vif_id,
            vif_uuid=vif_uuid,
            mac=mac,
            network_id=network.id,
            fixed_ip_id=fixed_ip_id,
            address=network.cidr[position],
            position=position,
            instance=boot.instance,
            project=boot.project,
            host=boot.host,
            hostname=hostnames.to_dns_label(boot.hostname),
        )
        # If the host gets more than this guest, the part has no address.
        part = ChangedPart(
            vif_uuid if present is None else None, None if attached.is_new else guest.address
        )
        self.changed |= attachment.record_changes(
            self._connection, network, boot.host, self._now, [part]
        )
        self.vifs.append(VifInfo(network, guest, attached.own_address))
        kind = events.PICKED if selection.address is None else events.REQUESTED
        self._events.append(events.guest_event(kind, network.uuid, guest))
        return guest

    def _claim_address(
        self, network: Network, requested: int | None, vif_id: int
    ) -> tuple[int, int]:
        """Claim the requested position, or the next free one; return the row's id and position."""
        holder = pool.Holder(vif_id, self._boot.instance)
        if requested is not None:
            row_id = pool.claim(self._connection, network, requested, holder, self._now)
            return row_id, requested
        claimed = pool.allocate(self._connection, network, holder, self._now)
        if claimed is None and self._free_due(network):
            claimed = pool.allocate(self._connection, network, holder, self._now)
        if claimed is None:
            raise NoMoreFixedIps(
                f"network {network.label} ({network.cidr}) has no free address; delete "
                "instances, wait until released addresses are free, or give the project "
                "another network"
            )
        return claimed

    def _check_requested(self, network: Network, address: IPv4Address) -> int:
        row = address_rows.get_by_address(self._connection, address)
        if row is not None and row.instance_uuid is not None and not row.allocated:
            self._free_due(network)
        return _check_requested(self._connection, network, address)

    def _free_due(self, network: Network) -> int:
        """Free addresses of a network whose quarantine is over; return how many."""
        longest = self._settings.quarantine_seconds
        return free_due(self._connection, self._now, longest, _MANY, network.id)

    def _add_vif(self, network: Network, tag: str | None) -> tuple[str, int, str]:
        """Add a VIF with the next MAC; return its MAC, id and uuid."""
        boot, mac = self._boot, self._macs.next_mac()
        try:
            vif_id, vif_uuid = vif_rows.add(
                self._connection, boot.instance, network, mac, self._now, tag=tag
            )
        except Conflict as conflict:
            if conflict.is_on("virtual_interfaces", "address"):
                self._macs.reject(mac)
            raise  # the transaction is rolled back, and runs again with another MAC
        return mac, vif_id, vif_uuid


def _check_requested(connection: Connection, network: Network, address: IPv4Address) -> int:
    """Return the position of an address that the caller requests, if it is free."""
    position = network.position_of(address)
    if not network.pool_start <= position <= network.pool_end:
        raise FixedIpNotFoundForNetwork(
            f"{address} is not in the pool of network {network.label}; "
            f"request one from {network.dhcp_start} to {network.dhcp_end}"
        )
    if address in network.own_addresses:
        raise FixedIpNotFoundForNetwork(
            f"{address} is an address that network {network.label} itself needs; request another"
        )
    if pool.is_of_host(connection, network, address):
        raise FixedIpAlreadyInUse(f"{address} is an address of a host's own; request another")
    row = address_rows.get_by_address(connection, address)
    if row is None:
        return position
    if row.reserved:
        raise FixedIpNotFoundForNetwork(f"{address} is reserved; request another")
    if row.instance_uuid is None:
        raise FixedIpAlreadyInUse(f"{address} is in use by host {row.host}; request another")
    if row.allocated:
        raise FixedIpAlreadyInUse(
            f"{address} is in use by instance {row.instance_uuid}; request another"
        )
    raise FixedIpAlreadyInUse(
        f"{address} is in quarantine: instance {row.instance_uuid} has just released it; "
        "request another, or wait"
    )
