"""The client of a compute service: the network service's RPC methods as Python methods."""

from cloudnet.common.client.api import NetworkAPI

__all__ = ["NetworkAPI"]
