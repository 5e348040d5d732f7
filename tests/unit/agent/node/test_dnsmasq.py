from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from cloudnet.agent.node.dnsmasq import render_dnsmasq, render_host, render_lease
from cloudnet.agent.node.resources.dnsmasq import Dnsmasq
from cloudnet.common.settings.views import AgentSettings
from cloudnet.common.wire.objects import NetworkSnapshot
from tests.fixtures.agent.snapshots import agent_settings, network, vif


def render(
    snapshot: NetworkSnapshot, settings: AgentSettings | None = None, mtu: int = 1500
) -> Dnsmasq:
    hosts = map(render_host, snapshot.vifs)
    return render_dnsmasq(snapshot, mtu, settings or agent_settings(), hosts)


def arguments(snapshot: NetworkSnapshot, settings: AgentSettings | None = None) -> list[str]:
    return list(render(snapshot, settings).arguments)


def test_a_guest_is_a_line_and_its_gateway_and_mtu_are_options() -> None:
    made = render(network(vifs=(vif(), vif(4, "10.0.0.4"))), mtu=1450)

    assert made.hosts == ("fa:16:3e:00:00:03,vm3,10.0.0.3", "fa:16:3e:00:00:04,vm4,10.0.0.4")
    assert made.options == ("3,10.0.0.1", "26,1450")


@pytest.mark.parametrize("name", ["ignore", "infinite", "12h", "7", "0042m"])
def test_a_guest_name_that_is_a_keyword_of_dnsmasq_gets_a_prefix(name: str) -> None:
    named = replace(vif(), hostname=name)

    assert render_host(named) == f"{named.mac},host-{name},10.0.0.3"


def test_a_network_without_a_gateway_gives_no_default_route() -> None:
    assert render(network(gateway=None)).options == ("3", "26,1500")


def test_the_range_is_static_and_starts_at_dhcp_start() -> None:
    assert "--dhcp-range=set:cn,10.0.0.3,static,255.255.252.0,86400s" in arguments(network())


def test_a_new_guest_changes_no_argument_so_dnsmasq_is_not_restarted() -> None:
    assert arguments(network()) == arguments(network(vifs=(vif(),)))


def test_another_address_of_this_host_changes_the_arguments_so_dnsmasq_is_restarted() -> None:
    moved = network(host_address=IPv4Address("10.0.0.2"))

    assert arguments(moved) != arguments(network())
    assert "--listen-address=10.0.0.2" in arguments(moved)


def test_a_label_with_commas_never_reaches_the_command_line() -> None:
    assert arguments(network(label="a,b --server=192.0.2.1")) == arguments(network())


def test_name_servers_come_from_the_settings_and_optionally_from_the_network() -> None:
    base = agent_settings()
    own = replace(base, dhcp=replace(base.dhcp, dns_servers=("192.0.2.53",)))
    both = replace(own, dhcp=replace(own.dhcp, use_network_dns_servers=True))

    assert [a for a in arguments(network()) if "server=" in a or "resolv" in a] == []
    assert [a for a in arguments(network(), both) if "server=" in a or "resolv" in a] == [
        "--no-resolv",
        "--server=192.0.2.53",
        "--server=8.8.4.4",
    ]
    # Servers of one network are not those of the next one.
    assert "--server=8.8.4.4" not in arguments(network(dns=()), both)
    assert own.dhcp.dns_servers == ("192.0.2.53",)


def test_files_are_named_after_the_bridge_in_the_networks_path() -> None:
    assert "--pid-file=/srv/networks/nova-br100.pid" in arguments(
        network(), agent_settings(Path("/srv"))
    )


def test_a_guest_may_hold_the_lease_of_its_address() -> None:
    assert str(render_lease("br100", vif())) == "lease 10.0.0.3 of fa:16:3e:00:00:03 on br100"
