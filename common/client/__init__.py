"""The client of a compute service: the network service's RPC methods as Python methods.

There is one file for each group of calls; ``network_info`` and ``records`` have what they return.
"""

from cloudnet.common.client.api import NetworkAPI

__all__ = ["NetworkAPI"]
