"""MAC addresses for new virtual interfaces."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from cloudnet.common.errors import (
    VirtualInterfaceCreateException,
    VirtualInterfaceMacAddressException,
)

PREFIX = "fa:16:3e"

RandomBytes = Callable[[int], bytes]


class MacCandidates:
    """The MACs of one request, tried until the database takes one.

    Random ones, or those the hypervisor has: then each is good for one VIF.
    """

    def __init__(
        self,
        attempts: int,
        given: Sequence[str] = (),
        random_bytes: RandomBytes = secrets.token_bytes,
    ) -> None:
        self._random_bytes = random_bytes
        self._attempts = attempts
        self._given = bool(given)
        self._left = list(given)
        self._turn = 0

    def restart(self) -> None:
        """Begin the transaction (again)."""
        self._turn = 0

    def next_mac(self) -> str:
        """Return a MAC to try."""
        if not self._given:
            low = self._random_bytes(3)
            return f"{PREFIX}:{low[0]:02x}:{low[1]:02x}:{low[2]:02x}"
        if self._turn >= len(self._left):
            raise VirtualInterfaceCreateException(
                "macs: the hypervisor's MAC addresses are all in use; give more"
            )
        self._turn += 1
        return self._left[self._turn - 1]

    def reject(self, mac: str) -> None:
        """Take note that another VIF has the MAC.

        :raises VirtualInterfaceMacAddressException: that was the last try
        """
        self._attempts -= 1
        if self._given:
            self._left.remove(mac)
        elif self._attempts <= 0:
            raise VirtualInterfaceMacAddressException(
                f"no free MAC address was found under {PREFIX}; try again, or raise "
                "create_unique_mac_address_attempts"
            )
