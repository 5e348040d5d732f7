"""NAT mappings by blocks of addresses: a change of one mapping touches the chain of its block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network

from cloudnet.agent.firewall.policy import GuestNetwork, NetworkPolicy
from cloudnet.common.wire.objects import FloatingIp

PREFIX = 27  # 32 addresses a block: few rules to rewrite, and few blocks for a packet to pass
_SHIFT = 32 - PREFIX

Block = int  # number of a block: the first 27 bits of its addresses
Groups = Mapping[Block, tuple[FloatingIp, ...]]
_Key = tuple[str, IPv4Network]


class BlockIndex:
    """Groups the NAT mappings of networks by one of their two addresses.

    The groups of a network whose mappings did not change are not made again, and a block whose
    mappings did not change keeps its tuple.
    """

    def __init__(self, address_of: Callable[[FloatingIp], IPv4Address]) -> None:
        self._address_of = address_of
        self._known: dict[_Key, tuple[tuple[FloatingIp, ...], Groups]] = {}

    def update(self, networks: Iterable[NetworkPolicy]) -> None:
        """Take the mappings of these networks, instead of those before."""
        known, self._known = self._known, {}
        for policy in networks:
            key, mappings = _key(policy.network), policy.nat_mappings
            if key in self._known:  # flat networks may share a bridge, and even a range
                mappings = self._known[key][0] + mappings
            old_mappings, old_groups = known.get(key, ((), {}))
            groups = old_groups if mappings is old_mappings else self._group(mappings, old_groups)
            self._known[key] = (mappings, groups)

    def blocks_of(self, network: GuestNetwork) -> list[Block]:
        """Return the blocks in which a network has mappings."""
        return sorted(self._known[_key(network)][1])

    def merged(self) -> Groups:
        """Return the mappings of all networks; networks may be smaller than a block."""
        merged: dict[Block, tuple[FloatingIp, ...]] = {}
        for _, groups in self._known.values():
            for block, mappings in groups.items():
                merged[block] = merged[block] + mappings if block in merged else mappings
        return merged

    def _group(self, mappings: Iterable[FloatingIp], old: Groups) -> Groups:
        groups: dict[Block, list[FloatingIp]] = {}
        for mapping in mappings:
            groups.setdefault(int(self._address_of(mapping)) >> _SHIFT, []).append(mapping)
        return {block: _reused(old.get(block), tuple(new)) for block, new in groups.items()}


def _key(network: GuestNetwork) -> _Key:
    return network.bridge, network.cidr


def _reused(
    old: tuple[FloatingIp, ...] | None, new: tuple[FloatingIp, ...]
) -> tuple[FloatingIp, ...]:
    return old if old is not None and old == new else new


def first_address(block: Block) -> IPv4Address:
    """Return the first address of a block, which names its chains."""
    return IPv4Address(block << _SHIFT)


def address_range(block: Block) -> IPv4Network:
    """Return the addresses of a block."""
    return IPv4Network((block << _SHIFT, PREFIX))
