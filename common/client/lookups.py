"""Calls that look up fixed IPs, VIFs and the instances that have them."""

from __future__ import annotations

from cloudnet.common.client.calls import Calls
from cloudnet.common.client.connection import Context
from cloudnet.common.client.encoding import Address
from cloudnet.common.client.records import FixedIpRecord, InstanceAddress, IpFilters, VifRecord


class LookupCalls(Calls):
    """What an API calls to show addresses; nothing is changed."""

    def get_fixed_ip(self, context: Context, id: int) -> FixedIpRecord:  # noqa: A002 - nova's name
        """Return the fixed IP with this number.

        :raises FixedIpNotFound: there is none; InvalidID: not a number of a row
        """
        record: FixedIpRecord = self._call(context, "get_fixed_ip", id=id)
        return record

    def get_fixed_ip_by_address(self, context: Context, address: Address) -> FixedIpRecord:
        """Return the fixed IP with this address; the ``id`` of a free address is null.

        :raises FixedIpNotFoundForAddress: no network has it
        :raises FixedIpInvalid: not an IPv4 address
        """
        record: FixedIpRecord = self._call(context, "get_fixed_ip_by_address", address=address)
        return record

    def get_vifs_by_instance(self, context: Context, instance_id: str) -> list[VifRecord]:
        """Return the VIFs of the instance, in the order in which they were created.

        :raises InstanceNotFound: there is no such instance
        """
        records: list[VifRecord] = self._call(
            context, "get_vifs_by_instance", instance_id=instance_id
        )
        return records

    def get_vif_by_mac_address(self, context: Context, mac_address: str) -> VifRecord | None:
        """Return the VIF with this MAC address, or None."""
        record: VifRecord | None = self._call(
            context, "get_vif_by_mac_address", mac_address=mac_address
        )
        return record

    def get_instance_uuids_by_ip_filter(
        self, context: Context, filters: IpFilters
    ) -> list[InstanceAddress]:
        """Return the instances that have an address which fits the filter, with that address."""
        found: list[InstanceAddress] = self._call(
            context, "get_instance_uuids_by_ip_filter", filters=filters
        )
        return found
