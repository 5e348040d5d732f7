"""What all drivers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.base import Resource

R = TypeVar("R", bound=Resource)


class Driver(ABC, Generic[R]):
    """Reads, creates, changes and removes the resources of its kinds on this host.

    It touches only what is cloudnet's. What exists already and what is gone already is success.
    Whatever the host refuses is a KernelRefused with one line: what, why and what to do.
    """

    kinds: ClassVar[tuple[type[Resource], ...]]

    @abstractmethod
    def read(self, links: LinkTable) -> Iterable[Resource]:
        """Yield the resources that exist: of its kinds, and others that these show.

        :param links: all links of the host, read once for all drivers
        """

    def read_remains(self, resources: Sequence[Resource]) -> Iterable[Resource]:
        """Yield resources that are recognized only by what else exists.

        :param resources: what all drivers have read
        """
        return ()

    @abstractmethod
    def ensure(self, desired: R, actual: R | None) -> None:
        """Create the resource, or change it to what is desired.

        :param actual: the resource as it was last read; None: absent, or not known
        """

    @abstractmethod
    def remove(self, actual: R) -> None:
        """Remove the resource."""

    def has_drifted(self) -> bool:
        """Return whether something changed that the kernel sends no events for; must be cheap."""
        return False

    def close(self) -> None:
        """Close sockets and files; the host keeps its resources."""
