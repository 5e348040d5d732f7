"""Parse what compute services send about instances and networks, in every form of nova's versions.

Nova wraps an object in an envelope of its name, version and data; older versions send dictionaries,
tuples and numbers. Arguments that name an instance are ``instance`` (since 1.11), ``instance_id``
(a uuid since 1.9) and ``instance_uuid`` (beside a number, before).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudnet.common.errors import BadRequest, InvalidInput
from cloudnet.controller.endpoint import arguments
from cloudnet.controller.service.networks.network_selection import RequestedNetwork

_NAME, _DATA = "nova_object.name", "nova_object.data"
_NO_NETWORK, _ANY_NETWORK = "none", "auto"  # nova's words in the place of a network's uuid
LARGEST_ID = 2**63 - 1
_LONGEST_TUPLE = 4  # network, address, port, PCI request


def unwrap(value: Any) -> Any:
    """Return the content of one of nova's versioned objects; return any other value as it is."""
    return value.get(_DATA) if isinstance(value, Mapping) and _NAME in value else value


def parse_instance(instance_id: Any = None, instance_uuid: Any = None, instance: Any = None) -> str:
    """Return the uuid of the instance that a call names, in whatever way its version does."""
    data = unwrap(instance)
    if data is not None and not isinstance(data, Mapping):
        raise InvalidInput(f"instance: an object with a uuid is needed, not {data!r:.200}")
    if data is not None and data.get("uuid") is not None:
        return arguments.parse_uuid("instance.uuid", data["uuid"])
    if instance_uuid is not None:
        return arguments.parse_uuid("instance_uuid", instance_uuid)
    return arguments.parse_uuid("instance_id", instance_id)


def parse_network(name: str, value: Any) -> str | int:
    """Return the uuid or the number of the network that a call names, or sends as a whole."""
    data = unwrap(value)
    if isinstance(data, Mapping):
        name, data = f"{name}.uuid", data.get("uuid")
    if isinstance(data, int) and not isinstance(data, bool):
        return arguments.parse_integer(name, data, 0, LARGEST_ID)
    return arguments.parse_uuid(name, data)


def parse_network_uuid(name: str, value: Any) -> str:
    """Return the uuid of the network that a call sends as a whole, or names by its uuid."""
    data = unwrap(value)
    if isinstance(data, Mapping):
        name, data = f"{name}.uuid", data.get("uuid")
    return arguments.parse_uuid(name, data)


def parse_macs(name: str, value: Any) -> tuple[str, ...] | None:
    """Parse the MAC addresses that the hypervisor offers; None: any will do."""
    if value is None:
        return None
    items = enumerate(arguments.parse_list(name, value))
    return tuple(dict.fromkeys(arguments.parse_mac(f"{name}[{n}]", mac) for n, mac in items))


def parse_rxtx_factor(value: Any) -> float | None:
    """Parse the factor of a flavor."""
    return arguments.parse_optional(arguments.parse_factor, "rxtx_factor", value)


def parse_requested_networks(name: str, value: Any) -> tuple[RequestedNetwork, ...] | None:
    """Parse the networks that a caller requests: nova's list object, or (uuid, address) pairs.

    Return an empty tuple for the networks of the project, and None for no network at all (nova
    requests a network named ``none``).
    """
    value = unwrap(value)
    if isinstance(value, Mapping):
        value = value.get("objects")
    if value is None:
        return ()
    requested = []
    for number, item in enumerate(arguments.parse_list(name, value)):
        item_name = f"{name}[{number}]"
        network, address, tag = _parse_item(item_name, unwrap(item))
        if network == _NO_NETWORK:
            return None
        if network == _ANY_NETWORK:
            return ()
        requested.append(
            RequestedNetwork(
                arguments.parse_uuid(f"{item_name}.network_id", network),
                arguments.parse_optional(arguments.parse_fixed_ip, f"{item_name}.address", address),
                arguments.parse_optional(arguments.parse_text, f"{item_name}.tag", tag),
            )
        )
    return tuple(requested)


def _parse_item(name: str, value: Any) -> tuple[Any, Any, Any]:
    """Return the network, the address and the tag of a request."""
    if isinstance(value, Mapping):
        if value.get("port_id") is not None:
            raise BadRequest(f"{name}.port_id: cloudnet has no ports; name a network")
        return value.get("network_id"), value.get("address"), value.get("tag")
    if isinstance(value, list | tuple) and 1 <= len(value) <= _LONGEST_TUPLE:
        return value[0], value[1] if len(value) > 1 else None, None
    raise InvalidInput(f"{name}: a network's uuid and an address are needed, not {value!r:.200}")
