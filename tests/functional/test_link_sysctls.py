"""The kernel's settings of our links, on a real kernel."""

from pathlib import Path

import pytest

from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.link_sysctls import LinkSysctls
from cloudnet.agent.node.resources.vlan import Vlan
from tests.fixtures.agent.host import Host

UUID = "11111111-1111-1111-1111-111111111111"
BRIDGE = Bridge("br100", UUID, "fa:16:3e:00:01:00", 1500)
SETTINGS = LinkSysctls("br100", "br100")
VALUES = {
    "ipv6/conf/br100/disable_ipv6": "1\n",
    "ipv6/conf/br100/accept_ra": "0\n",
    "ipv4/conf/br100/arp_ignore": "1\n",
    "ipv4/conf/br100/arp_announce": "2\n",
    "ipv4/conf/br100/accept_redirects": "0\n",
}


@pytest.fixture
def bridged(host: Host) -> Host:
    host.kernel.ensure(BRIDGE, None)
    return host


def test_the_settings_are_written_and_found_again(bridged: Host) -> None:
    assert not bridged.has(SETTINGS)

    bridged.kernel.ensure(SETTINGS, None)

    assert bridged.has(SETTINGS)
    assert {name: Path("/proc/sys/net", name).read_text() for name in VALUES} == VALUES


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("net.ipv6.conf.br100.disable_ipv6=0", "has IPv6"),
        ("net.ipv6.conf.all.disable_ipv6=0", "has IPv6"),
        ("net.ipv6.conf.br100.accept_ra=1", "accepts router advertisements"),
        ("net.ipv4.conf.br100.arp_ignore=0", "answers ARP for all addresses of the host"),
        ("net.ipv4.conf.br100.arp_announce=0", "asks by ARP from any address of the host"),
        ("net.ipv4.conf.br100.accept_redirects=1", "accepts redirects"),
    ],
)
def test_settings_that_others_changed_are_found_and_repaired(
    bridged: Host, change: str, fault: str
) -> None:
    bridged.kernel.ensure(SETTINGS, None)
    bridged.sh(f"sysctl -qw {change}")
    assert bridged.resources()[SETTINGS.key].faults == (fault,)

    bridged.kernel.ensure(SETTINGS, None)

    assert bridged.has(SETTINGS)


def test_ipv6_that_comes_back_is_drift(bridged: Host) -> None:
    bridged.kernel.ensure(SETTINGS, None)
    bridged.kernel.read()
    assert not bridged.kernel.has_drifted()

    bridged.sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=0")
    assert bridged.kernel.has_drifted()
    bridged.kernel.ensure(SETTINGS, None)

    assert not bridged.kernel.has_drifted()


def test_settings_that_are_right_are_not_written(bridged: Host) -> None:
    bridged.kernel.ensure(SETTINGS, None)

    with bridged.quiet():
        bridged.kernel.ensure(SETTINGS, None)


def test_the_settings_of_foreign_bridges_are_not_read(host: Host) -> None:
    host.sh("ip link add br7 type bridge")

    assert LinkSysctls("br7", "br7").key not in host.resources()


def test_a_bridge_that_was_just_removed_has_nothing_to_set(host: Host) -> None:
    host.kernel.ensure(SETTINGS, None)

    assert SETTINGS.key not in host.resources()
    assert not host.kernel.has_drifted()


@pytest.mark.vlan
def test_the_settings_of_a_vlan_device_are_its_own(bridged: Host) -> None:
    bridged.nic("eth0")
    bridged.kernel.ensure(Vlan("vlan100", UUID, "eth0", 100, 1500, "br100"), None)
    settings = LinkSysctls("vlan100", "br100")
    assert not bridged.has(settings)

    bridged.kernel.ensure(settings, None)

    assert bridged.has(settings)
    assert Path("/proc/sys/net/ipv6/conf/vlan100/disable_ipv6").read_text() == "1\n"
