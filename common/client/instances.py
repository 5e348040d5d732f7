"""Calls about an instance: allocate, read, release."""

from __future__ import annotations

from collections.abc import Iterable

from cloudnet.common.client.calls import Calls
from cloudnet.common.client.connection import Context
from cloudnet.common.client.network_info import NetworkInfo
from cloudnet.common.client.requested_networks import Networks, encode_networks


class InstanceCalls(Calls):
    """What a compute service calls when it builds, shows and destroys an instance."""

    def allocate_for_instance(
        self,
        context: Context,
        instance_id: str,
        project_id: str,
        host: str,
        *,
        rxtx_factor: float | None = None,
        vpn: bool = False,
        requested_networks: Networks | None = None,
        macs: Iterable[str] | None = None,
        hostname: str | None = None,
        wait_seconds: float | None = 0,
    ) -> NetworkInfo:
        """Allocate a VIF and an address on each of the instance's networks.

        Repeatable: another call returns what the first one allocated.

        :param instance_id: its uuid, which the compute service chooses
        :param host: the node on which it will run, by the ``host`` of the node's agent
        :param rxtx_factor: of the flavor; ``rxtx_cap`` in the reply is the network's ``rxtx_base``
            times this
        :param vpn: True is refused: there are no cloudpipe instances
        :param requested_networks: one for each VIF, in this order. None: all networks of the
            project; under VLAN networks a project without any gets one
        :param macs: the MAC addresses that the VIFs get, in any order. None: random ones
        :param hostname: the name that the guest gets by DHCP and has in DNS. None: ``host-`` and
            its address
        :param wait_seconds: how long the controller waits until the hosts have wired the instance;
            0: it replies at once, see ``wait_until_wired``; None: as long as nova's client waits,
            ``[cloudnet] wiring_timeout``. At the most about the timeout of this client
        :raises NotWired: the hosts have not wired it in time; an instance that had nothing before
            has nothing again
        :raises NoMoreFixedIps: a network is full; nothing was allocated on any network
        :raises NoMoreNetworks: the project has no network, and none is free
        :raises NetworkNotFound: a requested network does not exist or is another project's
            (``NetworkNotFoundForProject``, ``NoNetworksFound``)
        :raises FixedIpAlreadyInUse: a requested address is in use or rests
        :raises FixedIpNotFoundForNetwork: a requested address is not one of the network's
        :raises FixedIpInvalid: a requested address is none
        :raises FixedIpLimitExceeded: the project has its quota
        :raises FixedIpAssociateFailed: other calls were faster in every try; repeat it
        :raises VirtualInterfaceCreateException: ``macs`` has too few addresses
        :raises VirtualInterfaceMacAddressException: no unique MAC address was found
        :raises HostDisabled: an operator has disabled the host; choose another one
        """
        info: NetworkInfo = self._call(
            context,
            "allocate_for_instance",
            instance_id=instance_id,
            project_id=project_id,
            host=host,
            rxtx_factor=rxtx_factor,
            vpn=vpn,
            requested_networks=encode_networks(requested_networks),
            macs=macs,
            hostname=hostname,
            wait_seconds=wait_seconds,
        )
        return info

    def deallocate_for_instance(
        self,
        context: Context,
        instance_id: str,
        project_id: str,
        host: str,
        *,
        requested_networks: Networks | None = None,
    ) -> None:
        """Release all VIFs and addresses of the instance; it may have none.

        Its floating IPs are disassociated: the project keeps them, except auto-assigned ones, which
        return to their pool. Remove the taps first. Repeatable.

        :param requested_networks: only the VIFs on these networks or with these addresses. None:
            all
        """
        self._call(
            context,
            "deallocate_for_instance",
            instance_id=instance_id,
            project_id=project_id,
            host=host,
            requested_networks=encode_networks(requested_networks),
        )

    def get_instance_nw_info(
        self,
        context: Context,
        instance_id: str,
        host: str | None = None,
        *,
        rxtx_factor: float | None = None,
    ) -> NetworkInfo:
        """Return the instance's VIFs; ``active`` is true when its hosts have wired one.

        :param host: accepted for callers of nova's method, and not needed
        :raises InstanceNotFound: there is no such instance
        """
        info: NetworkInfo = self._call(
            context,
            "get_instance_nw_info",
            instance_id=instance_id,
            rxtx_factor=rxtx_factor,
            host=host,
            project_id=context.get("project_id"),
        )
        return info
