"""Table filter: what a guest may reach on its host.

DHCP, DNS, the metadata service, pings of its gateway, the answers to what the host asks it, and the
services that the operator lists. What cloudnet itself serves is accepted; about the rest the host's
own firewall decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Network

from cloudnet.agent.firewall.iptables.matches import DNATED, EXPECTED, INVALID, port_match
from cloudnet.agent.firewall.policy import GuestNetwork, HostPolicy
from cloudnet.agent.node.resources.iptables_table import Rule
from cloudnet.common.settings.views import HostService

Refuse = Callable[[Rule], Iterable[Rule]]


def rules_to_host(network: GuestNetwork, host: HostPolicy, refuse: Refuse) -> Iterator[Rule]:
    """Yield the rules for packets of a network's guests to the host, all others refused.

    :param refuse: returns what takes the place of a rule that refuses packets by the bridge alone
    """
    bridge, cidr = network.bridge, network.cidr
    if network.serves_dhcp:
        # From 0.0.0.0: a client has no address yet.
        yield Rule("ACCEPT", in_interface=bridge, protocol="udp", matches=(port_match("udp", 67),))
    yield from refuse(Rule(host.refusal, in_interface=bridge, matches=INVALID))
    if network.host_address is not None:
        gateway = IPv4Network(network.host_address)
        if network.serves_dhcp:
            yield _dns(network, gateway, "udp")
            yield _dns(network, gateway, "tcp")
        yield Rule(
            "RETURN",
            source=cidr,
            destination=gateway,
            in_interface=bridge,
            protocol="icmp",
        )
    yield Rule(
        "ACCEPT",
        source=cidr,
        in_interface=bridge,
        protocol="tcp",
        matches=(port_match("tcp", host.metadata_port), *DNATED),
    )
    yield Rule("RETURN", source=cidr, in_interface=bridge, matches=EXPECTED)
    for service in host.services:
        yield _service(network, service)
    yield from refuse(Rule(host.refusal, in_interface=bridge))


def _dns(network: GuestNetwork, gateway: IPv4Network, protocol: str) -> Rule:
    return Rule(
        "ACCEPT",
        source=network.cidr,
        destination=gateway,
        in_interface=network.bridge,
        protocol=protocol,
        matches=(port_match(protocol, 53),),
    )


def _service(network: GuestNetwork, service: HostService) -> Rule:
    rule = Rule("RETURN", source=network.cidr, in_interface=network.bridge)
    if service.protocol is None or service.port is None:
        return rule
    match = port_match(service.protocol, service.port)
    return replace(rule, protocol=service.protocol, matches=(match,))
