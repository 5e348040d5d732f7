"""RPC in: decode the arguments, call a use case, encode the result.

Every method has nova-network's name and arguments. There is one file per kind of caller.
"""

from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint.addresses import AddressesEndpoint
from cloudnet.controller.endpoint.agents import AgentsEndpoint
from cloudnet.controller.endpoint.diagnostics import BaseApiEndpoint, DiagnosticsEndpoint
from cloudnet.controller.endpoint.dns import DnsEndpoint
from cloudnet.controller.endpoint.floating import FloatingIpsEndpoint
from cloudnet.controller.endpoint.instances import InstancesEndpoint
from cloudnet.controller.endpoint.lookups import LookupsEndpoint
from cloudnet.controller.endpoint.migrations import MigrationsEndpoint
from cloudnet.controller.endpoint.networks import NetworksEndpoint

__all__ = ["NETWORK_ENDPOINTS", "AgentsEndpoint", "network_endpoints"]

NETWORK_ENDPOINTS = (
    InstancesEndpoint,
    AddressesEndpoint,
    MigrationsEndpoint,
    NetworksEndpoint,
    FloatingIpsEndpoint,
    LookupsEndpoint,
    DnsEndpoint,
    DiagnosticsEndpoint,
)
"""The endpoints of topic ``network``."""


def network_endpoints(services: Services) -> list[object]:
    """Return the endpoints of topic ``network``."""
    return [*(endpoint(services) for endpoint in NETWORK_ENDPOINTS), BaseApiEndpoint()]
