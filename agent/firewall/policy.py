"""Pure: the firewall of a node, from the networks it is the gateway of.

The rules are nova-network's by meaning. Four things differ: projects are kept apart at layer 3
(the ``cloudnet-isolate`` chain comes before everything that accepts), nobody speaks to or through
the host under an address that is not of its network, DHCP and DNS are opened only on the ports and
protocols that they use, and nothing is SNATed without an interface to leave by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

from cloudnet.agent.node.resources.iptables_table import Chain, Rule, Table
from cloudnet.agent.node.resources.nat_mapping import NatMapping
from cloudnet.common.settings.views import NatSettings
from cloudnet.common.wire.objects import FixedRanges, FloatingIp, NetworkSnapshot, Topology

METADATA = IPv4Network("169.254.169.254/32")

# Came through a DNAT of ours, which is a floating IP or the metadata service.
TRANSLATED = (("conntrack", (("ctstate", "DNAT"),)),)
NOT_TRANSLATED = (("conntrack", (("ctstate", "!DNAT"),)),)


def tables(
    networks: Sequence[NetworkSnapshot],
    ranges: FixedRanges,
    settings: NatSettings,
    held: Collection[str] = (),
) -> list[Table]:
    """Return what a node's firewall must hold; nothing on a node with no network.

    :param held: bridges of networks that are gone, with guests still in them
    """
    if not networks and not held:
        return []
    gateways = [network for network in networks if network.host_address is not None]
    served = [network for network in gateways if network.enable_dhcp]
    made = [_filter(networks, ranges, settings, held)]
    if gateways:
        made.append(_nat(gateways, settings))
    if served:
        checksums = [*_checksums(served)]
        made.append(_table("mangle", ("cloudnet-POSTROUTING", "POSTROUTING", checksums)))
    return made


def _filter(
    networks: Sequence[NetworkSnapshot],
    ranges: FixedRanges,
    settings: NatSettings,
    held: Collection[str],
) -> Table:
    # Where the host has no address, what goes from bridge to bridge is layer 2, whatever is in it:
    # the answer of a guest to one that came by its floating IP, which another host has translated.
    pure = [_bridged(bridge) for bridge in _only_bridged(networks, held)]
    first = Rule("cloudnet-isolate")
    return _table(
        "filter",
        ("cloudnet-isolate", None, [*_isolation(networks, ranges, settings, held)]),
        ("cloudnet-FORWARD", "FORWARD", [*pure, first, *_forwarding(networks, settings, held)]),
        ("cloudnet-INPUT", "INPUT", [first, *_to_the_host(networks, settings, held)]),
    )


def _nat(gateways: Sequence[NetworkSnapshot], settings: NatSettings) -> Table:
    # The first verdict is the last: exemptions, then a guest's floating IP, then the general SNAT.
    postrouting = [
        *_exemptions(gateways, settings),
        *_between_floating(gateways),
        Rule("cloudnet-float-snat"),
        Rule("cloudnet-snat"),
    ]
    return _table(
        "nat",
        ("cloudnet-PREROUTING", "PREROUTING", [*_inbound(gateways, settings)]),
        ("cloudnet-OUTPUT", "OUTPUT", [*_from_here(gateways)]),
        ("cloudnet-POSTROUTING", "POSTROUTING", postrouting),
        ("cloudnet-float-snat", None, [*_outbound_floating(gateways, settings)]),
        ("cloudnet-snat", None, [*_outbound(gateways, settings)]),
    )


def nat_mappings(networks: Iterable[NetworkSnapshot]) -> list[NatMapping]:
    """Return the floating IPs' translations that the rules make."""
    return [NatMapping(ip.address, ip.fixed) for ip in _floating(networks)]


def _table(name: str, *chains: tuple[str, str | None, list[Rule]]) -> Table:
    made = [Chain.of(chain, hook, tuple(rules)) for chain, hook, rules in chains]
    return Table(name, tuple(sorted(made, key=lambda chain: chain.name)))


# -- filter ------------------------------------------------------------------------------------


def _isolation(
    networks: Sequence[NetworkSnapshot],
    ranges: FixedRanges,
    settings: NatSettings,
    held: Iterable[str],
) -> Iterator[Rule]:
    """A guest reaches no fixed address outside its own network, but through a floating IP.

    Also where this host is not the gateway: a guest may send to the bridge's MAC all the same. On a
    bridge of the operator's own, the operator routes. The networks that are here count as ranges
    before the controller has told of them.
    """
    networks = [network for network in networks if network.topology is not Topology.FLAT]
    every = [*collapse_addresses([*ranges.ranges, *(network.cidr for network in networks)])]
    for network in networks:
        for permitted in (network.cidr, *settings.dmz_cidr):
            yield Rule("RETURN", in_interface=network.bridge, destination=permitted)
    for bridge in (*(network.bridge for network in networks), *held):
        for fixed in every:
            yield Rule(
                settings.drop_action,
                in_interface=bridge,
                destination=fixed,
                matches=NOT_TRANSLATED,
            )


def _only_bridged(networks: Iterable[NetworkSnapshot], held: Iterable[str]) -> list[str]:
    """Return the bridges that this host routes nothing from."""
    ours = (network for network in networks if network.topology is not Topology.FLAT)
    return [*(network.bridge for network in ours if network.host_address is None), *held]


def _forwarding(
    networks: Sequence[NetworkSnapshot], settings: NatSettings, held: Collection[str]
) -> Iterator[Rule]:
    """Where packets may come from, and then, of these, where they may go."""
    gateways = [network for network in networks if network.host_address is not None]
    open_ones = [network for network in gateways if network.gateway is not None]
    for network in networks:
        if network.topology is Topology.FLAT:
            yield _bridged(network.bridge)
    for bridge in _only_bridged(networks, held):
        yield Rule(settings.drop_action, in_interface=bridge)
    for network in gateways:
        if network.gateway is None:
            yield Rule(settings.drop_action, in_interface=network.bridge)
            yield Rule(settings.drop_action, out_interface=network.bridge)
    for network in open_ones:
        # Nobody leaves in another network's name, as its guest or as its floating IP.
        yield _bridged(network.bridge)
        yield Rule("ACCEPT", in_interface=network.bridge, source=network.cidr)
        yield Rule(settings.drop_action, in_interface=network.bridge)
    for network in open_ones:
        yield Rule("ACCEPT", out_interface=network.bridge)


def _bridged(bridge: str) -> Rule:
    """Let frames pass: where br_netfilter is loaded, they meet iptables."""
    return Rule("ACCEPT", in_interface=bridge, out_interface=bridge)


def _to_the_host(
    networks: Iterable[NetworkSnapshot], settings: NatSettings, held: Iterable[str]
) -> Iterator[Rule]:
    """DHCP and DNS, and else what the host itself lets in; nobody in the name of a stranger."""
    for network in networks:
        if network.topology is Topology.FLAT:
            continue
        if network.host_address is not None and network.enable_dhcp:
            yield _service(network, "udp", 67)  # from 0.0.0.0: who asks has no address yet
            for protocol in ("udp", "tcp"):
                yield replace(_service(network, protocol, 53), source=network.cidr)
        yield Rule("RETURN", in_interface=network.bridge, source=network.cidr)
        yield Rule(settings.drop_action, in_interface=network.bridge)
    for bridge in held:
        yield Rule(settings.drop_action, in_interface=bridge)


def _service(network: NetworkSnapshot, protocol: str, port: int) -> Rule:
    return Rule(
        "ACCEPT",
        in_interface=network.bridge,
        protocol=protocol,
        matches=((protocol, (("dport", str(port)),)),),
    )


# -- nat ---------------------------------------------------------------------------------------


def _inbound(networks: Sequence[NetworkSnapshot], settings: NatSettings) -> Iterator[Rule]:
    port = str(settings.metadata_port)
    if settings.metadata_host.is_loopback:
        target, to = "REDIRECT", ("to-ports", port)
    else:
        target, to = "DNAT", ("to-destination", f"{settings.metadata_host}:{port}")
    web = (("tcp", (("dport", "80"),)),)
    yield Rule(target, (to,), destination=METADATA, protocol="tcp", matches=web)
    for ip in _floating(networks):
        # The note is how a later round knows which translation stood here.
        yield Rule(
            "DNAT",
            (("to-destination", str(ip.fixed)),),
            destination=_host(ip.address),
            note=NatMapping(ip.address, ip.fixed).note,
        )


def _from_here(networks: Iterable[NetworkSnapshot]) -> Iterator[Rule]:
    for ip in _floating(networks):
        yield Rule("DNAT", (("to-destination", str(ip.fixed)),), destination=_host(ip.address))


def _exemptions(networks: Iterable[NetworkSnapshot], settings: NatSettings) -> Iterator[Rule]:
    for network in networks:
        yield Rule("ACCEPT", source=network.cidr, destination=_host(settings.metadata_host))
        for zone in settings.dmz_cidr:
            yield Rule("ACCEPT", source=network.cidr, destination=zone)
        yield Rule("ACCEPT", source=network.cidr, destination=network.cidr, matches=NOT_TRANSLATED)


def _between_floating(networks: Iterable[NetworkSnapshot]) -> Iterator[Rule]:
    """A guest that calls a neighbour's floating IP is seen there under its own floating IP."""
    for ip in _floating(networks):
        yield Rule(
            "SNAT", (("to-source", str(ip.address)),), source=_host(ip.fixed), matches=TRANSLATED
        )


def _outbound_floating(
    networks: Iterable[NetworkSnapshot], settings: NatSettings
) -> Iterator[Rule]:
    for ip in _floating(networks):
        device = ip.interface or settings.public_interface
        if device is not None:
            yield Rule(
                "SNAT",
                (("to-source", str(ip.address)),),
                source=_host(ip.fixed),
                out_interface=device,
            )


def _outbound(networks: Iterable[NetworkSnapshot], settings: NatSettings) -> Iterator[Rule]:
    if settings.routing_source_ip is None or settings.public_interface is None:
        return
    for network in networks:
        if network.gateway == network.host_address:
            yield Rule(
                "SNAT",
                (("to-source", str(settings.routing_source_ip)),),
                source=network.cidr,
                out_interface=settings.public_interface,
            )


# -- mangle ------------------------------------------------------------------------------------


def _checksums(networks: Iterable[NetworkSnapshot]) -> Iterator[Rule]:
    """Old DHCP clients refuse replies whose checksum virtio leaves to a NIC that is not there."""
    for network in networks:
        yield Rule(
            "CHECKSUM",
            (("checksum-fill", ""),),
            out_interface=network.bridge,
            protocol="udp",
            matches=(("udp", (("dport", "68"),)),),
        )


def _floating(networks: Iterable[NetworkSnapshot]) -> Iterator[FloatingIp]:
    for network in networks:
        yield from network.floating_ips


def _host(address: IPv4Address) -> IPv4Network:
    return IPv4Network(f"{address}/32")
