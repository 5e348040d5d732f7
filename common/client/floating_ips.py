"""Calls about floating IPs."""

from __future__ import annotations

from cloudnet.common.client.calls import Calls
from cloudnet.common.client.connection import Context
from cloudnet.common.client.encoding import Address
from cloudnet.common.client.records import FloatingIpPool, FloatingIpRecord


class FloatingIpCalls(Calls):
    """What an API calls for projects."""

    def allocate_floating_ip(
        self,
        context: Context,
        project_id: str,
        pool: str | None = None,
        *,
        auto_assigned: bool = False,
    ) -> str:
        """Allocate a floating IP of the pool to the project and return its address.

        Not repeatable: each call allocates another one. After ``NoReply``, see
        ``get_floating_ips_by_project``.

        :param pool: None: ``default_floating_pool``
        :param auto_assigned: it is released with the instance that it is associated with, and does
            not count for the quota
        :raises FloatingIpPoolNotFound: there is no such pool
        :raises NoMoreFloatingIps: the pool has no free address
        :raises FloatingIpLimitExceeded: the project has its quota
        :raises FloatingIpAllocateFailed: other calls were faster in every try; repeat it
        """
        address: str = self._call(
            context,
            "allocate_floating_ip",
            project_id=project_id,
            pool=pool,
            auto_assigned=auto_assigned,
        )
        return address

    def deallocate_floating_ip(
        self, context: Context, address: Address, *, affect_auto_assigned: bool = False
    ) -> None:
        """Return the floating IP, with its names in DNS, to its pool.

        Another call can raise ``Forbidden``: it was done.

        :param affect_auto_assigned: also an auto-assigned one, which is left alone otherwise
        :raises FloatingIpNotFoundForAddress: there is none
        :raises FloatingIpAssociated: disassociate it first
        """
        self._call(
            context,
            "deallocate_floating_ip",
            address=address,
            affect_auto_assigned=affect_auto_assigned,
        )

    def associate_floating_ip(
        self,
        context: Context,
        floating_address: Address,
        fixed_address: Address,
        *,
        affect_auto_assigned: bool = False,
    ) -> str | None:
        """Associate the floating IP with the fixed IP; move it if it is associated elsewhere.

        Return the uuid of the instance that it was associated with before, or None. The reply does
        not wait for the host: new connections use the floating IP when the gateway host has
        applied it, as a rule within a second. Repeatable; the repeated call returns None.

        :raises FloatingIpNotFoundForAddress: there is no such floating IP
        :raises FixedIpNotFoundForAddress: no instance has this fixed IP
        :raises FloatingIpAssociateFailed: it belongs to no project, or another call changed it at
            the same moment
        :raises CannotDisassociateAutoAssignedFloatingIP: it was assigned with its instance
        """
        previous: str | None = self._call(
            context,
            "associate_floating_ip",
            floating_address=floating_address,
            fixed_address=fixed_address,
            affect_auto_assigned=affect_auto_assigned,
        )
        return previous

    def disassociate_floating_ip(
        self, context: Context, address: Address, *, affect_auto_assigned: bool = False
    ) -> None:
        """Disassociate the floating IP from its fixed IP; the project keeps it.

        The gateway host ends its open connections. Another call raises
        ``FloatingIpNotAssociated``: it was done.

        :raises FloatingIpNotFoundForAddress: there is no such floating IP
        :raises FloatingIpNotAssociated: it is not associated
        :raises CannotDisassociateAutoAssignedFloatingIP: it was assigned with its instance
        """
        self._call(
            context,
            "disassociate_floating_ip",
            address=address,
            affect_auto_assigned=affect_auto_assigned,
        )

    def get_floating_ip(self, context: Context, id: int) -> FloatingIpRecord:  # noqa: A002 - nova's name
        """Return the floating IP with this number.

        :raises FloatingIpNotFound: there is none; InvalidID: not a number of a row
        """
        record: FloatingIpRecord = self._call(context, "get_floating_ip", id=id)
        return record

    def get_floating_ip_by_address(self, context: Context, address: Address) -> FloatingIpRecord:
        """Return the floating IP with this address.

        :raises FloatingIpNotFoundForAddress: there is none
        :raises InvalidIpAddressError: not an IPv4 address
        """
        record: FloatingIpRecord = self._call(
            context, "get_floating_ip_by_address", address=address
        )
        return record

    def get_floating_ips_by_project(self, context: Context) -> list[FloatingIpRecord]:
        """Return the floating IPs of the context's project, without auto-assigned ones."""
        records: list[FloatingIpRecord] = self._call(context, "get_floating_ips_by_project")
        return records

    def get_floating_ips_by_fixed_address(
        self, context: Context, fixed_address: Address
    ) -> list[str]:
        """Return the addresses of the floating IPs that are associated with the fixed IP.

        :raises FixedIpInvalid: not an IPv4 address
        """
        addresses: list[str] = self._call(
            context, "get_floating_ips_by_fixed_address", fixed_address=fixed_address
        )
        return addresses

    def get_floating_ip_pools(self, context: Context) -> list[FloatingIpPool]:
        """Return the pools of floating IPs."""
        pools: list[FloatingIpPool] = self._call(context, "get_floating_ip_pools")
        return pools

    def get_instance_id_by_floating_address(self, context: Context, address: Address) -> str | None:
        """Return the uuid of the instance that has the floating IP, or None.

        :raises FloatingIpNotFoundForAddress: there is no such floating IP
        :raises InvalidIpAddressError: not an IPv4 address
        """
        instance: str | None = self._call(
            context, "get_instance_id_by_floating_address", address=address
        )
        return instance
