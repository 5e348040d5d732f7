"""All drivers together: a whole network is created, read back, not changed again, and removed."""

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


def describe(host: Host) -> str:
    return host.sh(
        "ip -d link | sed 's/[gh]c_timer *[0-9.]*//g'; ip address; iptables-legacy-save | grep ^-A;"
        "pgrep dnsmasq || true"
    )


def test_a_network_is_created_in_one_pass_and_the_next_plan_is_empty(host: Host) -> None:
    host.nic("eth1")
    host.nic("eth2")
    host.sh(OPERATORS)

    assert converge(host, a_network(3, 4)) != []
    assert converge(host, a_network(3, 4)) == []


def test_a_new_agent_reads_everything_back_and_changes_nothing(host: Host) -> None:
    host.nic("eth1")
    host.nic("eth2")
    converge(host, a_network(3, 4))
    before = describe(host)

    host.restart_the_agent()

    with host.quiet():
        assert converge(host, a_network(3, 4)) == []
    assert describe(host) == before


def test_one_more_guest_is_one_step(host: Host) -> None:
    host.nic("eth1")
    host.nic("eth2")
    converge(host, a_network(3))

    assert converge(host, a_network(3, 4)) == ["change dnsmasq br100 (guests: 2)"]


def test_removed_it_leaves_what_is_the_operators_as_it_was(host: Host) -> None:
    host.nic("eth1")
    host.nic("eth2")
    host.sh(OPERATORS + "iptables-legacy -t mangle -L >/dev/null; iptables-legacy -L >/dev/null")
    before = describe(host)
    converge(host, a_network(3, 4))

    converge(host)

    def is_as_before() -> bool:
        assert describe(host) == before  # the kernel and dnsmasq's helper take a moment to settle
        return True

    wait_for(is_as_before, "the host as it was", 5)
    assert set(host.resources()) == {"IPv4 forwarding"}


def test_a_network_that_was_created_in_part_is_completed(host: Host) -> None:
    """The agent was stopped after half of the steps."""
    host.nic("eth1")
    host.nic("eth2")
    steps = plan(wanted(host, a_network(3)), host.resources())
    for step in steps[: len(steps) // 2]:
        host.kernel.ensure(step.resource)

    host.restart_the_agent()
    done = converge(host, a_network(3))

    assert len(done) < len(steps)
    assert converge(host, a_network(3)) == []


def test_a_directory_in_place_of_a_file_is_a_fault_and_one_line(host: Host) -> None:
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


def test_forwarding_that_was_switched_off_is_noticed_and_switched_on_again(host: Host) -> None:
    host.nic("eth1")
    host.nic("eth2")
    converge(host, a_network(3))
    converge(host, a_network(3))
    assert not host.kernel.has_drifted()

    host.sh("sysctl -qw net.ipv4.ip_forward=0")

    assert host.kernel.has_drifted()
    assert converge(host, a_network(3)) == ["create IPv4 forwarding"]
    assert not host.kernel.has_drifted()


@pytest.mark.parametrize("name", ["default", "br100"])
def test_a_bridge_that_forwards_nothing_is_noticed_and_repaired(host: Host, name: str) -> None:
    """A new link gets the setting of ``default``."""
    host.nic("eth1")
    host.nic("eth2")
    host.sh("sysctl -qw net.ipv4.ip_forward=1")
    if name == "br100":
        converge(host, a_network(3))
    host.sh(f"sysctl -qw net.ipv4.conf.{name}.forwarding=0")
    if name == "default":
        converge(host, a_network(3))

    assert converge(host, a_network(3)) == ["repair IPv4 forwarding (off on br100)"]

    assert host.sh("sysctl -n net.ipv4.conf.br100.forwarding").strip() == "1"
    assert converge(host, a_network(3)) == []
