"""The client of a compute service: ``from cloudnet.client import NetworkAPI``."""

from cloudnet.common.client import NetworkAPI

__all__ = ["NetworkAPI"]
