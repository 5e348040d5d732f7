"""Calls about networks."""

from __future__ import annotations

from cloudnet.common.client.calls import Calls
from cloudnet.common.client.connection import Context
from cloudnet.common.client.encoding import Address, Range
from cloudnet.common.client.records import Associations, NetworkRecord


class NetworkCalls(Calls):
    """What an API calls for operators and projects."""

    def create_networks(
        self,
        context: Context,
        label: str,
        *,
        cidr: Range | None = None,
        topology: str | None = None,
        num_networks: int | None = None,
        network_size: int | None = None,
        vlan: int | None = None,
        vlan_start: int | None = None,
        bridge: str | None = None,
        bridge_interface: str | None = None,
        multi_host: bool | None = None,
        host: str | None = None,
        gateway: Address | None = None,
        dhcp_server: Address | None = None,
        dns1: Address | None = None,
        dns2: Address | None = None,
        fixed_cidr: Range | None = None,
        allowed_start: Address | None = None,
        allowed_end: Address | None = None,
        uuid: str | None = None,
        project_id: str | None = None,
        priority: int | None = None,
        mtu: int | None = None,
        enable_dhcp: bool | None = None,
        cidr_v6: Range | None = None,
        gateway_v6: Address | None = None,
        vpn_start: int | None = None,
        share_address: bool | None = None,
    ) -> list[NetworkRecord]:
        """Create networks, all or none; what is None is taken from the controller's configuration.

        Not repeatable: the first call may have created some. With ``uuid`` or ``cidr`` another
        call is refused (``CidrConflict``); without, look at ``get_all_networks`` first.

        :param label: of one network; several get ``label_0``, ``label_1`` …
        :param cidr: from which the networks are cut
        :param topology: ``vlan``, ``flatdhcp`` or ``flat``
        :param num_networks: how many
        :param network_size: addresses in each, a power of two
        :param vlan: exactly this VLAN id, for one network
        :param vlan_start: the first VLAN id to try
        :param bridge: the name of the bridge on each host
        :param bridge_interface: the NIC below it
        :param multi_host: every host is the gateway of its own guests
        :param host: the gateway of a single-host network
        :param gateway: the guests' default route. None: the first address
        :param dhcp_server: the address that the gateway host has on the bridge. None: ``gateway``
        :param fixed_cidr: guests get addresses of this part only
        :param allowed_start: the first address for guests
        :param allowed_end: the last address for guests
        :param project_id: which gets the networks. None: the first project that needs one
        :param priority: networks with a lower number come first in an instance
        :param mtu: bytes
        :param cidr_v6: from which each network gets a /64
        :param vpn_start: stored in ``vpn_public_port``, without further effect
        :raises NetworkNotCreated: something is missing; InvalidCidr, InvalidAddress,
            InvalidIntValue, AddressOutOfRange: something is wrong
        :raises CidrConflict: a range is in use
        :raises DuplicateVlan: the VLAN id is in use; NoMoreVlans: all are
        """
        networks: list[NetworkRecord] = self._call(
            context,
            "create_networks",
            label=label,
            cidr=cidr,
            topology=topology,
            num_networks=num_networks,
            network_size=network_size,
            vlan=vlan,
            vlan_start=vlan_start,
            bridge=bridge,
            bridge_interface=bridge_interface,
            multi_host=multi_host,
            host=host,
            gateway=gateway,
            dhcp_server=dhcp_server,
            dns1=dns1,
            dns2=dns2,
            fixed_cidr=fixed_cidr,
            allowed_start=allowed_start,
            allowed_end=allowed_end,
            uuid=uuid,
            project_id=project_id,
            priority=priority,
            mtu=mtu,
            enable_dhcp=enable_dhcp,
            cidr_v6=cidr_v6,
            gateway_v6=gateway_v6,
            vpn_start=vpn_start,
            share_address=share_address,
        )
        return networks

    def delete_network(
        self,
        context: Context,
        fixed_range: Range | None = None,
        uuid: str | None = None,
        *,
        require_disassociated: bool = True,
    ) -> None:
        """Delete the network with this range or uuid.

        Another call raises ``NetworkNotFound``: it was done.

        :param require_disassociated: refuse a network that has a project
        :raises NetworkNotFound: there is none (``NetworkNotFoundForUUID``,
            ``NetworkNotFoundForCidr``)
        :raises NetworkHasProject: it belongs to a project
        :raises NetworkInUse: it has guests
        """
        self._call(
            context,
            "delete_network",
            fixed_range=fixed_range,
            uuid=uuid,
            require_disassociated=require_disassociated,
        )

    def get_all_networks(self, context: Context) -> list[NetworkRecord]:
        """Return the networks that the context's project may see: its own and the shared ones."""
        networks: list[NetworkRecord] = self._call(context, "get_all_networks")
        return networks

    def get_network(self, context: Context, network_uuid: str) -> NetworkRecord:
        """Return one network.

        :raises NetworkNotFoundForUUID: there is none that the context's project may see
        """
        network: NetworkRecord = self._call(context, "get_network", network_uuid=network_uuid)
        return network

    def add_network_to_project(
        self, context: Context, project_id: str, network_uuid: str | None = None
    ) -> None:
        """Give the project one more network.

        Repeatable with ``network_uuid``; without, each call gives another one.

        :param network_uuid: this one. None: any that is free
        :raises NetworkNotFoundForUUID: there is none
        :raises NoMoreNetworks: none is free, or another project has this one
        """
        self._call(
            context, "add_network_to_project", project_id=project_id, network_uuid=network_uuid
        )

    def associate(self, context: Context, network_uuid: str, associations: Associations) -> None:
        """Set the gateway host and the project of the network, those that are given. Repeatable.

        :raises NetworkNotFoundForUUID: there is none
        :raises NoMoreNetworks: another project has it
        :raises NetworkInUse: it has guests, which would lose their project or their gateway
        """
        self._call(context, "associate", network_uuid=network_uuid, associations=associations)

    def disassociate_network(self, context: Context, network_uuid: str) -> None:
        """Take the network from its project and from its gateway host. Repeatable.

        :raises NetworkNotFoundForUUID: there is none
        :raises NetworkInUse: it has guests
        """
        self._call(context, "disassociate_network", network_uuid=network_uuid)

    def set_network_host(self, context: Context, network_ref: str) -> str:
        """Return the gateway host of the network; if it has none yet, ``network_host`` becomes it.

        Repeatable.

        :param network_ref: its uuid
        :raises NetworkNotFoundForUUID: there is none
        :raises NetworkSetHostFailed: it is multi-host, or no ``network_host`` is configured
        """
        host: str = self._call(context, "set_network_host", network_ref=network_ref)
        return host
