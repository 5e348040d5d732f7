"""What all drivers have in common."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, Generic, TypeVar

from pyroute2.netlink.exceptions import NetlinkError

from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.base import Resource
from cloudnet.common.errors import KernelRefused

R = TypeVar("R", bound=Resource)


class Driver(ABC, Generic[R]):
    """Reads, creates, changes and removes the resources of its kinds on this host.

    It touches only what is cloudnet's. To create what exists, or to remove what is gone, is
    success. If the host refuses, the error is a KernelRefused with one line: what, why and what to
    do.
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

    def ensure_each(self, changes: Sequence[tuple[R, R | None]]) -> Iterator[Exception | None]:
        """Ensure several resources; yield the error of each, or None.

        A driver that waits for other programs overrides this and waits for several at once.
        """
        return map(self.try_to_ensure, changes)

    def try_to_ensure(self, change: tuple[R, R | None]) -> Exception | None:
        """Ensure one resource and return the error, or None."""
        try:
            with refusing_system_errors(f"{change[0]}"):
                self.ensure(*change)
        except Exception as error:  # noqa: BLE001 - a bug in one driver must not stop the others
            return error
        return None

    @abstractmethod
    def remove(self, actual: R) -> None:
        """Remove the resource."""

    def has_drifted(self) -> bool:
        """Return whether something changed that the kernel sends no events for; must be cheap."""
        return False

    def close(self) -> None:
        """Close sockets and files; the host keeps its resources."""


@contextmanager
def refusing_system_errors(what: str) -> Iterator[None]:
    """Turn a system error that no driver has explained into a refusal.

    A full disk, or a directory in place of a file, must not end the pass for all other resources.
    """
    try:
        yield
    except NetlinkError as error:
        raise KernelRefused(f"{what}: {os.strerror(error.code)}; see `dmesg`") from error
    except OSError as error:
        raise KernelRefused(f"{what}: {error}; put that right on the host") from error
