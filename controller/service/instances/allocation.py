"""One transaction that puts an instance on its networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from cloudnet.controller.db.rows import quotas as quota_rows
from cloudnet.controller.db.rows import vifs as vif_rows
from cloudnet.controller.model import events, hostnames, quotas
from cloudnet.controller.model.nwinfo import VifInfo
from cloudnet.controller.model.records import Event, Guest, Instance, Network, SnapshotKey
from cloudnet.controller.service.hosts import attachment
from cloudnet.controller.service.migrations.move import move_instance
from cloudnet.controller.service.networks.network_selection import (
    RequestedNetwork,
    SelectedNetwork,
    select_networks,
)
from cloudnet.controller.service.vifs.macs import MacCandidates
from cloudnet.controller.service.vifs.vif_info import list_vif_info


@dataclass(frozen=True)
class BootRequest:
    """An instance that is to get its networks."""

    instance: str  # uuid
    project: str
    host: str
    hostname: str | None = None  # None: host- and the address
    requested: tuple[RequestedNetwork, ...] = ()  # none: those the project has
    macs: tuple[str, ...] = ()  # those the hypervisor has; none: random ones
    rxtx_factor: float | None = None


class Allocation:
    """What is claimed, row by row; if anything raises, nothing of it is left."""

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
        self.touched: set[SnapshotKey] = set()  # empty: the instance had all of it, and there
        self._events: list[Event] = []

    def run(self) -> Allocation:
        """Claim a VIF and an address on each network, unless the instance has them already."""
        self._macs.restart()
        before = self._known()
        selected = self._missing(before)
        self._check_quota(selected)
        for choice in selected:
            self._claim(choice)
        if self._events:
            history_rows.add(self._connection, self._events, self._now)
        if before:
            guests = guest_rows.list_for_instance(self._connection, self._boot.instance)
            self.vifs = list_vif_info(self._connection, guests)
        elif not selected:
            instance_rows.delete_unused(self._connection, [self._boot.instance])
        return self

    def _missing(self, before: Sequence[Guest]) -> list[SelectedNetwork]:
        """Return what the instance is to have and has not; one that has any wants no others."""
        boot, default = self._boot, self._settings.networks.topology
        if before and not boot.requested:
            return []
        selected = select_networks(
            self._connection, boot.project, boot.requested, default, self._now
        )
        has = {guest.network_id: guest.address for guest in before}
        for choice in selected:
            address = has.get(choice.network.id)
            if address is not None and choice.address not in {None, address}:
                raise BadRequest(
                    f"instance {boot.instance} has {address} on network {choice.network.label}; "
                    f"deallocate that before it can have {choice.address}"
                )
        return [choice for choice in selected if choice.network.id not in has]

    def _known(self) -> list[Guest]:
        """Return what the instance has already; write it down if it is new or was empty."""
        boot = self._boot
        wanted = Instance(
            boot.instance, boot.project, boot.host, hostnames.to_dns_label(boot.hostname)
        )
        known = instance_rows.get(self._connection, boot.instance)
        if known is None:
            instance_rows.add(self._connection, wanted, self._now)
            return []
        if known.project_id != boot.project:
            raise BadRequest(
                f"instance {boot.instance} belongs to project {known.project_id}, "
                f"not to {boot.project}"
            )
        guests = guest_rows.list_for_instance(self._connection, boot.instance)
        if guests and known.host != boot.host:
            # Built again elsewhere after a failure that nobody cleaned up behind.
            self.touched |= move_instance(self._connection, known, guests, boot.host, self._now)
            return guest_rows.list_for_instance(self._connection, boot.instance)
        if not guests and known != wanted:
            instance_rows.update(self._connection, wanted, self._now)
        return guests

    def _claim(self, choice: SelectedNetwork) -> None:
        boot = self._boot
        served = attachment.attach(self._connection, choice.network, boot.host, self._now)
        network = served.network
        self.touched |= served.touched
        self._events += served.events
        position = self._position(network, choice.address)
        mac, vif_id, vif_uuid = self._vif(network)
        fixed_ip = pool.claim(
            self._connection, network, position, self._now, vif_id=vif_id, instance=boot.instance
        )
        guest = Guest(
            vif_id=vif_id,
            vif_uuid=vif_uuid,
            mac=mac,
            network_id=network.id,
            fixed_ip_id=fixed_ip,
            address=network.cidr[position],
            position=position,
            instance=boot.instance,
            project=boot.project,
            host=boot.host,
            hostname=hostnames.to_dns_label(boot.hostname),
        )
        self.vifs.append(VifInfo(network, guest, served.own_address))
        event = events.PICKED if choice.address is None else events.REQUESTED
        self._events.append(events.guest_event(event, network.uuid, guest))

    def _vif(self, network: Network) -> tuple[str, int, str]:
        mac = self._macs.next_mac()
        try:
            vif_id, vif_uuid = vif_rows.add(
                self._connection,
                self._boot.instance,
                network,
                mac,
                self._now,
                host=self._boot.host,
            )
        except Conflict as conflict:
            if conflict.is_on("virtual_interfaces", "address"):
                self._macs.reject(mac)
            raise  # the transaction is lost with it, and run again with another MAC
        return mac, vif_id, vif_uuid

    def _position(self, network: Network, asked: IPv4Address | None) -> int:
        if asked is not None:
            return _asked_for(self._connection, network, asked)
        position = pool.find_free_position(self._connection, network)
        if position is None:
            raise NoMoreFixedIps(
                f"network {network.label} ({network.cidr}) has no free address; delete "
                "instances, wait for released addresses to come back, or give the project "
                "another network"
            )
        return position

    def _check_quota(self, selected: Sequence[SelectedNetwork]) -> None:
        """Count addresses of shared ranges; a VLAN's subnet is the project's own anyway."""
        wanted = sum(choice.network.topology is not Topology.VLAN for choice in selected)
        if not wanted:
            return
        project = self._boot.project
        limit = quota_rows.get_limit(self._connection, project, quotas.FIXED_IPS)
        limit = self._settings.quota_fixed_ips if limit is None else limit
        if limit != quotas.NO_LIMIT:
            used = address_rows.count_for_project(self._connection, project)
            quotas.check_quota(quotas.FIXED_IPS, project, limit=limit, used=used, wanted=wanted)


def _asked_for(connection: Connection, network: Network, address: IPv4Address) -> int:
    position = int(address) - int(network.cidr.network_address)
    if not network.pool_start <= position <= network.pool_end:
        raise FixedIpNotFoundForNetwork(
            f"{address} is not handed out on network {network.label}; "
            f"ask for one from {network.dhcp_start} to {network.dhcp_end}"
        )
    taken = address_rows.get_by_address(connection, address)
    if taken is not None and taken.reserved:
        raise FixedIpNotFoundForNetwork(f"{address} is reserved; ask for another")
    if taken is not None:
        holder = f"instance {taken.instance_uuid}" if taken.instance_uuid else f"host {taken.host}"
        state = "is in use by" if taken.allocated or not taken.instance_uuid else "was just left by"
        raise FixedIpAlreadyInUse(f"{address} {state} {holder}; ask for another")
    return position
