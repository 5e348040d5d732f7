"""The compute service's door: ``from cloudnet.client import NetworkAPI``."""

from cloudnet.common.client import NetworkAPI

__all__ = ["NetworkAPI"]
