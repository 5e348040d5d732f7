"""Patches that arrived before the one that they are based on."""

from __future__ import annotations

from cloudnet.common.wire.objects import SnapshotPatch

MOST = 16  # patches of one network


class EarlyPatches:
    """Keeps a few patches of each network until their base arrives; not thread-safe."""

    def __init__(self) -> None:
        self._by_network: dict[str, dict[int, SnapshotPatch]] = {}  # by their base

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks whose patches wait for a base."""
        return tuple(sorted(self._by_network))

    def keep(self, patch: SnapshotPatch) -> None:
        """Keep a patch; drop it if there are too many, since the next reply has the snapshot."""
        patches = self._by_network.setdefault(patch.network, {})
        if len(patches) < MOST:
            patches[patch.base] = patch

    def take(self, network: str, base: int) -> SnapshotPatch | None:
        """Return the patch with this base, or None; drop those with older bases."""
        patches = self._by_network.pop(network, {})
        left = {other: patch for other, patch in patches.items() if other > base}
        if left:
            self._by_network[network] = left
        return patches.get(base)

    def forget(self, network: str) -> None:
        """Forget the patches of a network."""
        self._by_network.pop(network, None)
