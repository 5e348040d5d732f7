"""Finding fixed IPs, floating IPs, VIFs and instances by the values that callers give."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from cloudnet.common.errors import (
    FixedIpNotFound,
    FixedIpNotFoundForAddress,
    FloatingIpNotFound,
    FloatingIpNotFoundForAddress,
    InstanceNotFound,
)
from cloudnet.controller.db.engine import Connection, Database
from cloudnet.controller.db.rows import address_search, whole_rows
from cloudnet.controller.db.rows import floating as floating_rows
from cloudnet.controller.db.rows import guests as guest_rows
from cloudnet.controller.db.rows import instances as instance_rows
from cloudnet.controller.db.rows import networks as network_rows
from cloudnet.controller.model import ipv6
from cloudnet.controller.model.ip_filters import IpFilter
from cloudnet.controller.model.records import Guest
from cloudnet.controller.model.whole_rows import (
    FixedIpRow,
    FloatingIpRow,
    InstanceAddress,
    VifRow,
)
from cloudnet.controller.service.caller import Caller


class Lookups:
    """Reads rows for callers; a project sees its own rows, and those without a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get_fixed_ip(self, caller: Caller, row_id: int) -> FixedIpRow:
        """Return the fixed IP with this id.

        :raises FixedIpNotFound: there is none
        """
        with self._database.reading() as connection:
            found = whole_rows.get_fixed_ip(connection, row_id)
        if found is None:
            raise FixedIpNotFound(f"no fixed IP has id {row_id}; free addresses have no id")
        return _require_own(caller, *found)

    def get_fixed_ip_by_address(self, caller: Caller, address: IPv4Address) -> FixedIpRow:
        """Return the fixed IP with this address, whether a guest has it or not.

        :raises FixedIpNotFoundForAddress: no network contains it
        """
        with self._database.reading() as connection:
            found = whole_rows.get_fixed_ip_by_address(connection, address)
            if found is not None:
                return _require_own(caller, *found)
            network = network_rows.find_containing(connection, address)
        if network is None:
            raise FixedIpNotFoundForAddress(
                f"no network contains {address}; see `cloudnet-manage network list`"
            )
        return FixedIpRow(
            None, None, None, address, network.id, None, None, False, False, False, None
        )

    def list_vifs(self, caller: Caller, instance: str) -> list[VifRow]:
        """Return the VIFs of an instance, the oldest first.

        :raises InstanceNotFound: it has none and no address
        """
        with self._database.reading() as connection:
            row = instance_rows.get(connection, instance)
            if row is None:
                raise InstanceNotFound(
                    f"instance {instance} is unknown: it has no address on any network"
                )
            caller.require_access(f"instance {instance}", row.project_id)
            return whole_rows.list_vifs(connection, instance)

    def list_guests(self, host: str | None = None, project: str | None = None) -> list[Guest]:
        """Return all guests (on a host, of a project if given), those of an instance together."""
        with self._database.reading() as connection:
            return guest_rows.list_all(connection, host, project)

    def get_hostname(self, instance: str) -> str | None:
        """Return the stored hostname of an instance; None: it has no row, or none of its own."""
        with self._database.reading() as connection:
            row = instance_rows.get(connection, instance)
        return None if row is None else row.hostname

    def find_vif(self, caller: Caller, mac: str) -> VifRow | None:
        """Return the VIF with this MAC; None: there is none that the caller may see."""
        with self._database.reading() as connection:
            found = whole_rows.get_vif_by_mac(connection, mac)
        if found is None:
            return None
        vif, project = found
        return vif if caller.is_admin or caller.project == project else None

    def get_floating_ip(self, caller: Caller, row_id: int) -> FloatingIpRow:
        """Return the floating IP with this id.

        :raises FloatingIpNotFound: there is none
        """
        with self._database.reading() as connection:
            floating = whole_rows.get_floating_ip(connection, row_id)
        if floating is None:
            raise FloatingIpNotFound(f"no floating IP has id {row_id}")
        return _require_own_floating_ip(caller, floating)

    def get_floating_ip_by_address(self, caller: Caller, address: IPv4Address) -> FloatingIpRow:
        """Return the floating IP with this address.

        :raises FloatingIpNotFoundForAddress: there is none
        """
        with self._database.reading() as connection:
            floating = whole_rows.get_floating_ip_by_address(connection, address)
        if floating is None:
            raise FloatingIpNotFoundForAddress(
                f"{address} is no floating IP; see `cloudnet-manage floating list`"
            )
        return _require_own_floating_ip(caller, floating)

    def list_floating_ips(self, project: str) -> list[FloatingIpRow]:
        """Return the floating IPs that a project has allocated, without auto-assigned ones."""
        with self._database.reading() as connection:
            return whole_rows.list_floating_ips_of_project(connection, project)

    def find_instance_of_floating_ip(self, caller: Caller, address: IPv4Address) -> str | None:
        """Return the instance that a floating IP is associated with; None: none.

        :raises FloatingIpNotFoundForAddress: there is no such floating IP
        """
        fixed = self.get_floating_ip_by_address(caller, address).fixed_ip
        return None if fixed is None else fixed.instance_uuid

    def list_floating_ips_of(self, caller: Caller, fixed: IPv4Address) -> list[IPv4Address]:
        """Return the floating IPs that are associated with a fixed address."""
        with self._database.reading() as connection:
            return [
                floating.address
                for floating in floating_rows.list_for_fixed_address(connection, fixed)
                if caller.is_admin or caller.project == floating.project_id
            ]

    def search_instances(
        self,
        caller: Caller,
        fixed: IPv4Address | None = None,
        ip: IpFilter | None = None,
        ip6: IpFilter | None = None,
    ) -> list[InstanceAddress]:
        """Return instances with those of their addresses that fit one of the filters.

        :param fixed: exactly this fixed address
        :param ip: a part of a fixed address or of a floating IP
        :param ip6: a part of an IPv6 address
        """
        project = None if caller.is_admin else caller.project or ""
        with self._database.reading() as connection:
            found = [
                *(() if ip6 is None else _search_ipv6(connection, ip6, project)),
                *(() if fixed is None else _search_fixed(connection, fixed, project)),
                *(() if ip is None else _search_ipv4(connection, ip, project)),
            ]
        return list(dict.fromkeys(found))


def _require_own(caller: Caller, row: FixedIpRow, project: str | None) -> FixedIpRow:
    if project is not None:
        caller.require_access(f"fixed IP {row.address}", project)
    return row


def _require_own_floating_ip(caller: Caller, row: FloatingIpRow) -> FloatingIpRow:
    if row.project_id is not None:
        caller.require_access(f"floating IP {row.address}", row.project_id)
    return row


def _search_fixed(
    connection: Connection, address: IPv4Address, project: str | None
) -> Iterator[InstanceAddress]:
    for found in address_search.list_fixed_like(connection, str(address), project):
        yield InstanceAddress(*found)


def _search_ipv4(
    connection: Connection, wanted: IpFilter, project: str | None
) -> Iterator[InstanceAddress]:
    for search in (address_search.list_fixed_like, address_search.list_floating_like):
        for instance, address in search(connection, wanted.like, project):
            if wanted.is_exact or wanted.matches(address):
                yield InstanceAddress(instance, address)


def _search_ipv6(
    connection: Connection, wanted: IpFilter, project: str | None
) -> Iterator[InstanceAddress]:
    for instance, mac, prefix in address_search.list_macs_with_prefix(connection, project):
        address = str(ipv6.compute_address(prefix, mac))
        if wanted.matches(address):
            yield InstanceAddress(instance, address)
