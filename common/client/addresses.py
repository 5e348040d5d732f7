"""Calls about single addresses of an instance, and about networks before a boot."""

from __future__ import annotations

from cloudnet.common.client.calls import Calls
from cloudnet.common.client.connection import Context
from cloudnet.common.client.encoding import Address
from cloudnet.common.client.network_info import NetworkInfo
from cloudnet.common.client.requested_networks import Networks, encode_networks


class AddressCalls(Calls):
    """What a compute service and an API call between an instance's boot and its end."""

    def add_fixed_ip_to_instance(
        self,
        context: Context,
        instance_id: str,
        network_id: str,
        *,
        host: str | None = None,
        rxtx_factor: float | None = None,
    ) -> NetworkInfo:
        """Give the instance one more address on the network; return its network info.

        A VIF that it has there gets the address; otherwise the instance gets a new VIF, for which
        the compute service plugs a tap. A guest configures a second address of a VIF itself: DHCP
        leases the first one. Not repeatable: each call adds an address; compare
        ``get_instance_nw_info``.

        :param network_id: the network's uuid
        :param host: accepted for callers of nova's method, and not needed
        :param rxtx_factor: as for ``allocate_for_instance``
        :raises InstanceNotFound: there is no such instance
        :raises NetworkNotFoundForUUID: there is no such network
        :raises NetworkNotFoundForProject: another project has it
        :raises NoMoreFixedIps: it is full
        :raises FixedIpLimitExceeded: the project has its quota
        :raises FixedIpAssociateFailed: other calls were faster in every try; repeat it
        """
        info: NetworkInfo = self._call(
            context,
            "add_fixed_ip_to_instance",
            instance_id=instance_id,
            network_id=network_id,
            host=host,
            rxtx_factor=rxtx_factor,
        )
        return info

    def remove_fixed_ip_from_instance(
        self,
        context: Context,
        instance_id: str,
        address: Address,
        *,
        host: str | None = None,
        rxtx_factor: float | None = None,
    ) -> NetworkInfo:
        """Release one address of the instance; return its network info.

        A VIF without any other address is deleted, and its tap can be removed. Another call raises
        ``FixedIpNotFoundForSpecificInstance``: it was done.

        :raises InstanceNotFound: there is no such instance
        :raises FixedIpNotFoundForSpecificInstance: it does not have the address
        :raises FixedIpInvalid: not an IPv4 address
        """
        info: NetworkInfo = self._call(
            context,
            "remove_fixed_ip_from_instance",
            instance_id=instance_id,
            address=address,
            host=host,
            rxtx_factor=rxtx_factor,
        )
        return info

    def allocate_fixed_ip(
        self,
        context: Context,
        instance_id: str,
        network: str,
        *,
        address: Address | None = None,
        vpn: bool = False,
    ) -> str:
        """Give the instance this address of the network, or any; return it.

        Otherwise as ``add_fixed_ip_to_instance``. Not repeatable without ``address``; with it,
        another call raises ``FixedIpAlreadyInUse``.

        :param network: its uuid
        :param vpn: True is refused: there are no cloudpipe instances
        :raises FixedIpAlreadyInUse: the address is in use or rests
        :raises FixedIpNotFoundForNetwork: the address is not one of the network's
        :raises InstanceNotFound, NetworkNotFoundForUUID, NetworkNotFoundForProject, NoMoreFixedIps,
            FixedIpLimitExceeded, FixedIpAssociateFailed: as ``add_fixed_ip_to_instance``
        """
        given: str = self._call(
            context,
            "allocate_fixed_ip",
            instance_id=instance_id,
            network=network,
            address=address,
            vpn=vpn,
        )
        return given

    def validate_networks(self, context: Context, networks: Networks) -> None:
        """Refuse networks and addresses that a boot would not get now; nothing is changed.

        :raises NetworkNotFoundForUUID: there is no such network
        :raises NetworkNotFoundForProject: another project has it
        :raises FixedIpInvalid: not an IPv4 address
        :raises FixedIpNotFoundForAddress: no network contains the address
        :raises FixedIpNotFoundForNetwork: the address is not one of the network's
        :raises FixedIpAlreadyInUse: an instance or a host has the address
        """
        self._call(context, "validate_networks", networks=encode_networks(networks))
