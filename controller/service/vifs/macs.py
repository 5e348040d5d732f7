"""MAC addresses for new virtual interfaces."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from cloudnet.common.errors import (
    VirtualInterfaceCreateException,
    VirtualInterfaceMacAddressException,
)

PREFIX = "fa:16:3e"  # OpenStack's

RandomBytes = Callable[[int], bytes]


class MacCandidates:
    """The MAC addresses of one request, each of which is tried until the database accepts one.

    They are random, or those of the hypervisor: then each is used for one VIF, and none is left of
    an empty list.
    """

    def __init__(
        self,
        attempts: int,
        given: Sequence[str] | None = None,
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> None:
        self._random_bytes = random_bytes
        self._attempts = attempts
        self._is_given = given is not None
        self._given = list(given or ())
        self._next = 0  # index of the next given one

    def restart(self) -> None:
        """Start from the first candidate: the transaction begins again."""
        self._next = 0

    def next_mac(self) -> str:
        """Return the next candidate.

        :raises VirtualInterfaceCreateException: the hypervisor has no more
        """
        if not self._is_given:
            low = self._random_bytes(3)
            return f"{PREFIX}:{low[0]:02x}:{low[1]:02x}:{low[2]:02x}"
        if self._next >= len(self._given):
            raise VirtualInterfaceCreateException(
                "macs: the hypervisor's MAC addresses are all in use; give more"
            )
        self._next += 1
        return self._given[self._next - 1]

    def reject(self, mac: str) -> None:
        """Remove a candidate that another VIF has.

        :raises VirtualInterfaceMacAddressException: it was the last attempt
        """
        self._attempts -= 1
        if self._is_given:
            self._given.remove(mac)
        elif self._attempts <= 0:
            raise VirtualInterfaceMacAddressException(
                f"no free MAC address was found under {PREFIX}; try again, or raise "
                "create_unique_mac_address_attempts"
            )
