"""Chains of table filter that all bridges share: a new range must not rewrite all bridges' chains.

    cloudnet-isolate   from a bridge to a fixed address outside its own network
    cloudnet-guests    to a bridge, from elsewhere than a bridge
    cloudnet-leave     from guests or from this host, by a public interface; the nat table follows
    cloudnet-public    from a fixed address, by a public interface, without the nat table
    cloudnet-foreign   by a public interface, from elsewhere than a bridge

iptables has no place behind the nat table. So whether a packet will leave a public interface under
a fixed address is decided by its connection: all packets but the first show whether it has a NAT,
the first packet is about to get one, and what belongs to no connection never gets one.
"""

from __future__ import annotations

from collections.abc import Iterator

from cloudnet.agent.firewall.iptables.chain_cache import ChainCache
from cloudnet.agent.firewall.iptables.matches import (
    DNATED,
    EXPECTED,
    FIRST,
    NOT_DNATED,
    TRANSLATED,
)
from cloudnet.agent.firewall.policy import Policy
from cloudnet.agent.node.resources.iptables_table import CHAIN, Rule

ISOLATE = f"{CHAIN}isolate"
GUESTS = f"{CHAIN}guests"
LEAVE = f"{CHAIN}leave"
PUBLIC = f"{CHAIN}public"
FOREIGN = f"{CHAIN}foreign"


def add_shared_chains(cache: ChainCache, policy: Policy) -> None:
    """Add the chains to the table."""
    host = policy.host
    networks = [each.network for each in policy.networks]
    cache.add(ISOLATE, (policy.fixed_ranges, host), lambda: _isolate(policy))
    if policy.orphan_bridges or any(not n.is_flat or n.is_gateway for n in networks):
        cache.add(GUESTS, (policy.bridged_ranges, host), lambda: _to_guests(policy))
    if policy.public_interfaces:
        cache.add(LEAVE, None, _leave)
        cache.add(PUBLIC, host, lambda: _by_public_interface(policy))
        cache.add(FOREIGN, policy.bridged_ranges, lambda: _foreign(policy))


# vm9 on node2 calls an address of another project; node2's default route is by node1.
#   On node2 it comes from br100, so it meets cloudnet-isolate: DROP.
#   On node1 that could not be decided: after node2's SNAT the packet comes in by eth0 from node2's
#   own address, no bridge's chain applies, and nothing distinguishes vm9 from node2. For the same
#   reason node1 forwards what node2 may send: no chain of ours in its POSTROUTING applies, and its
#   operator's rules masquerade it.
def _isolate(policy: Policy) -> Iterator[Rule]:
    for zone in policy.host.permitted_zones:
        yield Rule("RETURN", destination=zone)
    for fixed in policy.fixed_ranges:
        yield Rule(policy.host.refusal, destination=fixed, matches=NOT_DNATED)


# A stranger outside, 203.0.113.66, has a route to 10.0.0.0/8 by this host's eth1 and calls vm3.
#   It comes in by eth1, so no bridge's chain applies. To br100: cloudnet-guests. Its connection is
#   new and has no NAT: DROP. Under the source 10.0.4.5, of another project, it is dropped earlier.
def _to_guests(policy: Policy) -> Iterator[Rule]:
    host = policy.host
    for zone in host.permitted_zones:
        yield Rule("ACCEPT", source=zone)
    for bridged in policy.bridged_ranges:
        yield Rule(host.refusal, source=bridged)
    yield Rule("ACCEPT", matches=EXPECTED)
    yield Rule("ACCEPT", matches=DNATED)
    for routed in host.routed_ranges:
        yield Rule("ACCEPT", destination=routed)
    yield Rule(host.refusal)


# vm3 sends an RST of no connection, or an echo reply that nobody asked for, to 203.0.113.10.
#   It is INVALID: cloudnet-br100-fwd drops it. The nat table would not see it, and it would leave
#   by eth1 from 10.0.0.3.
def _leave() -> Iterator[Rule]:
    yield Rule("RETURN", matches=FIRST)
    yield Rule(PUBLIC)


def _by_public_interface(policy: Policy) -> Iterator[Rule]:
    host = policy.host
    yield Rule("RETURN", matches=TRANSLATED)
    for routed in host.routed_ranges:
        yield Rule("RETURN", source=routed)
    # Where nat.py exempts guests from SNAT.
    yield Rule("RETURN", destination=host.metadata_network)
    for zone in host.permitted_zones:
        yield Rule("RETURN", destination=zone)
    yield Rule(host.refusal)


def _foreign(policy: Policy) -> Iterator[Rule]:
    for bridged in policy.bridged_ranges:
        yield Rule(PUBLIC, source=bridged)
