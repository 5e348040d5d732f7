"""RPC in: decode, call, encode.

Every method bears nova-network's name and takes its arguments, one file for each kind of caller.
"""

from cloudnet.controller.compose import Services
from cloudnet.controller.endpoint.agents import AgentsEndpoint
from cloudnet.controller.endpoint.floating import FloatingIpsEndpoint
from cloudnet.controller.endpoint.instances import InstancesEndpoint
from cloudnet.controller.endpoint.networks import NetworksEndpoint

__all__ = ["AgentsEndpoint", "network_endpoints"]


def network_endpoints(services: Services) -> list[object]:
    """Return what answers on topic ``network``."""
    return [
        InstancesEndpoint(services),
        NetworksEndpoint(services),
        FloatingIpsEndpoint(services),
    ]
