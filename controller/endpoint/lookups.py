"""RPC in from compute services and old API servers: lookups of addresses, VIFs and instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudnet.common.errors import (
    FixedIpInvalid,
    FixedIpNotFound,
    FixedIpNotFoundForAddress,
    FloatingIpNotFound,
    FloatingIpNotFoundForAddress,
    InstanceNotFound,
    InvalidID,
    InvalidInput,
    InvalidIntValue,
    InvalidIpAddressError,
)
from cloudnet.common.wire.codec import JsonObject
from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint import arguments
from cloudnet.controller.endpoint.methods import NETWORK_TARGET, Context, Route, rpc_method
from cloudnet.controller.endpoint.serialize import serialize_floating_ip, serialize_row
from cloudnet.controller.model.ip_filters import parse_ip_filter
from cloudnet.controller.model.whole_rows import VifRow

_LARGEST_ID = 2**63 - 1


class LookupsEndpoint:
    """Topic ``network``: lookups."""

    target = NETWORK_TARGET

    def __init__(self, services: Services) -> None:
        self._lookups = services.lookups

    @rpc_method("1.0", FixedIpNotFound, InvalidID, route=Route.NONE)
    def get_fixed_ip(self, context: Context, id: Any) -> JsonObject:  # noqa: A002 - nova's name
        """Return the row of a fixed IP."""
        row = self._lookups.get_fixed_ip(arguments.get_caller(context), _parse_id(id))
        return serialize_row(row)

    @rpc_method("1.0", FixedIpNotFoundForAddress, FixedIpInvalid, route=Route.NONE)
    def get_fixed_ip_by_address(self, context: Context, address: Any) -> JsonObject:
        """Return the row of a fixed IP; the id of a free address is null."""
        parsed = arguments.parse_fixed_ip("address", address)
        return serialize_row(
            self._lookups.get_fixed_ip_by_address(arguments.get_caller(context), parsed)
        )

    @rpc_method("1.0", InstanceNotFound, route=Route.NONE)
    def get_vifs_by_instance(self, context: Context, instance_id: Any) -> list[JsonObject]:
        """Return the rows of an instance's VIFs."""
        uuid = arguments.parse_uuid("instance_id", instance_id)
        caller = arguments.get_caller(context)
        return [serialize_row(vif) for vif in self._lookups.list_vifs(caller, uuid)]

    @rpc_method("1.0", route=Route.NONE)
    def get_vif_by_mac_address(self, context: Context, mac_address: Any) -> JsonObject | None:
        """Return the row of a VIF, or null if none has the MAC."""
        mac = arguments.parse_mac("mac_address", mac_address)
        vif: VifRow | None = self._lookups.find_vif(arguments.get_caller(context), mac)
        return None if vif is None else serialize_row(vif)

    @rpc_method("1.0", route=Route.NONE)
    def get_instance_uuids_by_ip_filter(self, context: Context, filters: Any) -> list[JsonObject]:
        """Return instances and their addresses that fit ``fixed_ip``, ``ip`` or ``ip6``."""
        if not isinstance(filters, Mapping):
            raise InvalidInput(f"filters: fixed_ip, ip or ip6 is needed, not {filters!r:.200}")
        found = self._lookups.search_instances(
            arguments.get_caller(context),
            fixed=arguments.parse_optional(
                arguments.parse_fixed_ip, "filters.fixed_ip", filters.get("fixed_ip")
            ),
            ip=arguments.parse_optional(parse_ip_filter, "filters.ip", filters.get("ip")),
            ip6=arguments.parse_optional(parse_ip_filter, "filters.ip6", filters.get("ip6")),
        )
        return [vars(match) for match in found]

    @rpc_method("1.0", FloatingIpNotFoundForAddress, InvalidIpAddressError, route=Route.NONE)
    def get_instance_id_by_floating_address(self, context: Context, address: Any) -> str | None:
        """Return the uuid of the instance that has a floating IP, or null."""
        return self._lookups.find_instance_of_floating_ip(
            arguments.get_caller(context), arguments.parse_floating_ip("address", address)
        )

    @rpc_method("1.0", FloatingIpNotFound, InvalidID, route=Route.NONE)
    def get_floating_ip(self, context: Context, id: Any) -> JsonObject:  # noqa: A002 - nova's name
        """Return the row of a floating IP."""
        row = self._lookups.get_floating_ip(arguments.get_caller(context), _parse_id(id))
        return serialize_floating_ip(row)

    @rpc_method("1.0", FixedIpInvalid, route=Route.NONE)
    def get_floating_ips_by_fixed_address(self, context: Context, fixed_address: Any) -> list[str]:
        """Return the floating IPs that are associated with a fixed address."""
        parsed = arguments.parse_fixed_ip("fixed_address", fixed_address)
        caller = arguments.get_caller(context)
        return [str(address) for address in self._lookups.list_floating_ips_of(caller, parsed)]


def _parse_id(value: Any) -> int:
    try:
        return arguments.parse_integer("id", value, 0, _LARGEST_ID)
    except InvalidIntValue as error:
        raise InvalidID(str(error)) from error
