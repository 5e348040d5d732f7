"""All drivers together: a whole network is made, found, left alone, and taken away."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from cloudnet.agent.node.plan import plan
from cloudnet.common.errors import KernelRefused
from cloudnet.common.wire.objects import FloatingIp, NetworkSnapshot
from tests.fixtures.agent.converge import converge, wanted
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import network
from tests.fixtures.waiting import wait_for

OPERATORS = """
iptables-legacy -t nat -A POSTROUTING -s 172.16.99.0/24 -o eth1 -j MASQUERADE
ip address add 192.0.2.10/24 dev eth1
ip link add br7 type bridge
"""


def a_network(*guests: int) -> NetworkSnapshot:
    floating = FloatingIp(IPv4Address("192.0.2.225"), IPv4Address("10.0.0.3"), None)
    return replace(network(*guests), bridge_interface="eth2", floating_ips=(floating,))


def look(host: Host) -> str:
    return host.sh(
        "ip -d link | sed 's/[gh]c_timer *[0-9.]*//g'; ip address; iptables-legacy-save | grep ^-A;"
        "pgrep dnsmasq || true"
    )


def test_a_network_is_made_in_one_round_and_the_next_does_nothing(host: Host) -> None:
    host.nic("eth1")
    host.nic("eth2")
    host.sh(OPERATORS)

    assert converge(host, a_network(3, 4)) != []
    assert converge(host, a_network(3, 4)) == []


def test_an_agent_with_no_memory_finds_all_and_changes_nothing(host: Host) -> None:
    host.nic("eth1")
    host.nic("eth2")
    converge(host, a_network(3, 4))
    before = look(host)

    host.restart_the_agent()

    with host.quiet():
        assert converge(host, a_network(3, 4)) == []
    assert look(host) == before


def test_one_more_guest_is_a_step_or_two(host: Host) -> None:
    host.nic("eth1")
    host.nic("eth2")
    converge(host, a_network(3))

    assert converge(host, a_network(3, 4)) == ["change dnsmasq br100 (guests: 2)"]


def test_all_of_it_goes_and_the_operators_things_stay(host: Host) -> None:
    host.nic("eth1")
    host.nic("eth2")
    host.sh(OPERATORS + "iptables-legacy -t mangle -L >/dev/null; iptables-legacy -L >/dev/null")
    before = look(host)
    converge(host, a_network(3, 4))

    converge(host)

    def is_as_before() -> bool:
        assert look(host) == before  # the kernel and dnsmasq's helper take a moment to settle
        return True

    wait_for(is_as_before, "the host as it was", 5)
    assert set(host.items()) == {"IPv4 forwarding"}


def test_what_was_half_made_is_completed(host: Host) -> None:
    """Stopped after any number of steps, and started again."""
    host.nic("eth1")
    host.nic("eth2")
    steps = plan(wanted(host, a_network(3)), host.items())
    for step in steps[: len(steps) // 2]:
        host.kernel.ensure(step.resource)

    host.restart_the_agent()
    done = converge(host, a_network(3))

    assert len(done) < len(steps)
    assert converge(host, a_network(3)) == []


def test_a_directory_in_a_files_place_is_refused_and_read_like_any_other_flaw(host: Host) -> None:
    host.nic("eth1")
    host.nic("eth2")
    converge(host, a_network(3))
    files = host.files("br100")
    for file in (files.options, files.hosts / "fa-16-3e-00-00-03", files.pid, files.leases):
        file.unlink(missing_ok=True)
        file.mkdir()

    dhcp = wanted(host, a_network(3))["dnsmasq br100"]

    assert not host.has(dhcp)
    with pytest.raises(KernelRefused, match="Is a directory"):
        host.kernel.ensure(dhcp)
    with pytest.raises(KernelRefused, match="Is a directory"):
        host.kernel.remove(dhcp)
