"""Table nat: floating IPs, the metadata service and guests' way out.

NAT mappings are in chains by blocks of 32 addresses, of floating addresses for DNAT and of fixed
addresses for SNAT, so that a new mapping changes one chain of each kind and a packet meets a few of
them. The nat table sees only the first packet of a connection.

    cloudnet-PREROUTING              cloudnet-POSTROUTING
      cloudnet-metadata                from 10.0.0.0/22:  cloudnet-br100-nat
      cloudnet-dnat                      exemptions
        to 192.0.2.224/27:               from 10.0.0.0/27:  cloudnet-src-10.0.0.0
          cloudnet-dst-192.0.2.224       SNAT to the host's address
    cloudnet-OUTPUT
      cloudnet-dnat …

The walks below follow one packet each: vm3 is 10.0.0.3 in br100, with the floating IP 192.0.2.225;
the host's public interface is eth1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Network

from cloudnet.agent.firewall.iptables.blocks import (
    Block,
    BlockIndex,
    address_range,
    first_address,
)
from cloudnet.agent.firewall.iptables.chain_cache import ChainCache
from cloudnet.agent.firewall.iptables.matches import DNATED, NOT_DNATED, port_match
from cloudnet.agent.firewall.policy import GuestNetwork, HostPolicy, Policy
from cloudnet.agent.firewall.ranges import subtract
from cloudnet.agent.node.resources.iptables_table import CHAIN, Rule, Table
from cloudnet.agent.node.resources.nat_mapping import NatMapping
from cloudnet.common.wire.objects import FloatingIp

DNAT = f"{CHAIN}dnat"
METADATA = f"{CHAIN}metadata"
METADATA_ADDRESS = IPv4Network("169.254.169.254/32")  # where guests look for the service


class NatRenderer:
    """Renders the table; what did not change since the last time is the same object."""

    def __init__(self) -> None:
        self._cache = ChainCache("nat")
        self._floating = BlockIndex(lambda mapping: mapping.address)
        self._fixed = BlockIndex(lambda mapping: mapping.fixed)

    def render(self, policy: Policy) -> Table:
        """Return the table for a policy."""
        gateways = [each for each in policy.networks if each.network.is_gateway]
        self._floating.update(gateways)
        self._fixed.update(gateways)
        self._add_mappings(policy.host)
        self._add_dnat(policy.host)
        self._add_metadata([each.network.cidr for each in gateways], policy.host)
        self._add_snat([each.network for each in gateways], policy)
        return self._cache.collect()

    def _add_mappings(self, host: HostPolicy) -> None:
        for block, mappings in self._floating.merged().items():
            self._cache.add(_dst(block), mappings, partial(_dnat, mappings))
        for block, mappings in self._fixed.merged().items():
            inputs = (mappings, host.public_interface)
            self._cache.add(_src(block), inputs, partial(_snat, *inputs))

    def _add_dnat(self, host: HostPolicy) -> None:
        blocks = tuple(sorted(self._floating.merged()))
        self._cache.add(DNAT, blocks, lambda: _to_blocks(blocks))
        inbound = (_to_metadata(METADATA), Rule(DNAT))
        self._cache.add(f"{CHAIN}PREROUTING", None, lambda: inbound, "PREROUTING")
        self._cache.add(f"{CHAIN}OUTPUT", None, lambda: [Rule(DNAT)], "OUTPUT")

    def _add_metadata(self, ranges: Sequence[IPv4Network], host: HostPolicy) -> None:
        """Guests of the host reach the service, and nobody else by this address."""
        self._cache.add(
            METADATA,
            (ranges, host),
            lambda: [_from_guests(each, host) for each in subtract(ranges, ())],
        )

    def _add_snat(self, gateways: Sequence[GuestNetwork], policy: Policy) -> None:
        by_bridge: dict[str, list[GuestNetwork]] = {}  # flat networks may share one
        for network in gateways:
            by_bridge.setdefault(network.bridge, []).append(network)
        for bridge, networks in by_bridge.items():
            blocks = [self._fixed.blocks_of(network) for network in networks]
            inputs = (networks, blocks, policy.host, policy.public_interfaces)
            self._cache.add(_nat(bridge), inputs, partial(_outbound, *inputs))
        self._cache.add(
            f"{CHAIN}POSTROUTING",
            gateways,
            lambda: [Rule(_nat(network.bridge), source=network.cidr) for network in gateways],
            "POSTROUTING",
        )


def _nat(bridge: str) -> str:
    return f"{CHAIN}{bridge}-nat"


def _dst(block: Block) -> str:
    return f"{CHAIN}dst-{first_address(block)}"


def _src(block: Block) -> str:
    return f"{CHAIN}src-{first_address(block)}"


def _to_metadata(chain: str) -> Rule:
    match = port_match("tcp", 80)
    return Rule(chain, destination=METADATA_ADDRESS, protocol="tcp", matches=(match,))


def _from_guests(cidr: IPv4Network, host: HostPolicy) -> Rule:
    if host.metadata_address.is_loopback:
        target, to = "REDIRECT", ("to-ports", str(host.metadata_port))
    else:
        target, to = "DNAT", ("to-destination", f"{host.metadata_address}:{host.metadata_port}")
    return Rule(target, (to,), source=cidr, protocol="tcp")


def _to_blocks(blocks: Sequence[Block]) -> Iterator[Rule]:
    for block in blocks:
        yield Rule(_dst(block), destination=address_range(block))


# A client outside, 203.0.113.10, calls vm3 by 192.0.2.225.
#   PREROUTING, cloudnet-dst-192.0.2.224: DNAT to 10.0.0.3. Routing: out by br100.
#   cloudnet-FORWARD: it came in by eth1, so no bridge's chain applies. To br100: ACCEPT.
#   cloudnet-POSTROUTING: its source is in none of our networks, so it keeps it.
#   The answer belongs to the connection: the kernel gives it the source 192.0.2.225 again.
def _dnat(mappings: Sequence[FloatingIp]) -> Iterator[Rule]:
    for mapping in mappings:
        yield Rule(
            "DNAT",
            (("to-destination", str(mapping.fixed)),),
            destination=IPv4Network(mapping.address),
            # By the note an agent without memory knows the mapping, without parsing the rule.
            note=NatMapping(mapping.address, mapping.fixed).note,
        )


# vm3 calls its own floating IP (hairpin).
#   PREROUTING, cloudnet-dst-192.0.2.224: DNAT to 10.0.0.3. Routing: back out by br100.
#   cloudnet-br100-fwd: its destination is in br100's range, so the isolation ends. Within br100:
#   ACCEPT.
#   cloudnet-br100-nat: the exemption of br100's range is for connections without DNAT only.
#   cloudnet-src-10.0.0.0, because of the DNAT: SNAT to 192.0.2.225. Without it vm3 would get a
#   packet from 10.0.0.3, its own address, and drop it.
#   Where br_netfilter hands bridged frames to the host's NAT, the bridge returns the packet itself,
#   and only to a port in hairpin mode, which nova-compute sets.
#
# vm3 calls 192.0.2.226, the floating IP of vm5 on the same host.
#   PREROUTING, cloudnet-dst-192.0.2.224: DNAT to vm5's fixed address.
#   cloudnet-br100-fwd: vm5 may be another project's, in br101: the isolation lets connections with
#   DNAT pass, because a floating IP is there to be reached. Source in br100's range: ACCEPT.
#   cloudnet-src-10.0.0.0, because of the DNAT: SNAT to 192.0.2.225. vm5 answers to that address,
#   that is to this host, which undoes both.
#   Without a floating IP of its own, vm3 would appear as 10.0.0.3. From another bridge the answer
#   comes back by this host all the same. In its own bridge vm5 answers it directly, past the host,
#   and the connection fails, unless br_netfilter hands bridged frames to the host's NAT.
#
# vm3 calls 192.0.2.227, the floating IP of vm7 on another host.
#   No mapping here. It leaves by eth1 as a packet to the outside does, with the source 192.0.2.225,
#   and comes in by the other host's eth1 as one from outside does.
#   Where this host does no SNAT (no routing_source_ip) and vm3 has no floating IP, it comes to the
#   other host from 10.0.0.3, which accepts that from a routed range only (routed_fixed_ranges). If
#   both are in one network, vm7's answer comes over the VLAN within the bridge of this host, and
#   filter.py lets it pass.
def _snat(mappings: Sequence[FloatingIp], public_interface: str | None) -> Iterator[Rule]:
    """A guest leaves under its floating IP by the public interface, and after a DNAT by any."""
    interfaces = {mapping.interface or public_interface for mapping in mappings}
    if len(interfaces) > 1:
        yield from _snat_each(mappings, public_interface)
        return
    # One interface for the whole block, almost always: tested once, it saves a rule a mapping.
    other = next(iter(interfaces))
    yield Rule("RETURN", out_interface=other and f"!{other}", matches=NOT_DNATED)
    for mapping in mappings:
        yield _snat_rule(mapping)


def _snat_each(mappings: Sequence[FloatingIp], public_interface: str | None) -> Iterator[Rule]:
    for mapping in mappings:
        yield replace(_snat_rule(mapping), matches=DNATED)
    for mapping in mappings:
        interface = mapping.interface or public_interface
        if interface is not None:
            yield replace(_snat_rule(mapping), out_interface=interface)


def _snat_rule(mapping: FloatingIp) -> Rule:
    return Rule("SNAT", (("to-source", str(mapping.address)),), source=IPv4Network(mapping.fixed))


# vm3 calls 203.0.113.10.
#   cloudnet-br100-fwd: the isolation does not concern the outside. Source in br100's range: ACCEPT.
#   cloudnet-br100-nat: no exemption. cloudnet-src-10.0.0.0, because it leaves by eth1: SNAT to
#   192.0.2.225. A guest without a floating IP is not in that chain: SNAT to the host's address.
def _outbound(
    networks: Sequence[GuestNetwork],
    blocks: Sequence[Sequence[Block]],
    host: HostPolicy,
    public_interfaces: Sequence[str],
) -> Iterator[Rule]:
    """The first verdict is final: exemptions, then a guest's floating IP, then the general SNAT."""
    for network in networks:
        yield from _exemptions(network, host)
    for own in blocks:
        for block in own:
            yield Rule(_src(block), source=address_range(block))
    interfaces = dict.fromkeys((host.public_interface, *public_interfaces))
    for network in networks:
        for interface in interfaces if network.has_snat else ():
            yield Rule(
                "SNAT",
                (("to-source", str(host.snat_address)),),
                source=network.cidr,
                out_interface=interface,
            )


def _exemptions(network: GuestNetwork, host: HostPolicy) -> Iterator[Rule]:
    """Where guests are seen under their own addresses."""
    cidr = network.cidr
    yield Rule("ACCEPT", source=cidr, destination=IPv4Network(host.metadata_address))
    for zone in host.permitted_zones:
        yield Rule("ACCEPT", source=cidr, destination=zone)
    yield Rule("ACCEPT", source=cidr, destination=cidr, matches=NOT_DNATED)
