"""Kernel settings of bridges, on a real kernel."""

from pathlib import Path

import pytest

from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.bridge_sysctl import ignore_router_advertisements
from tests.fixtures.agent.host import Host

BRIDGE = Bridge("br100", "11111111-1111-1111-1111-111111111111", "fa:16:3e:00:01:00", 1500)
SETTING = ignore_router_advertisements("br100")
FILE = Path("/proc/sys/net/ipv6/conf/br100/accept_ra")


@pytest.fixture
def bridged(host: Host) -> Host:
    host.kernel.ensure(BRIDGE, None)
    return host


def test_a_setting_is_written_and_found_again(bridged: Host) -> None:
    assert not bridged.has(SETTING)

    bridged.kernel.ensure(SETTING, bridged.items()[SETTING.key])

    assert bridged.has(SETTING)
    assert FILE.read_text() == "0\n"


def test_a_setting_that_others_changed_is_found_and_repaired(bridged: Host) -> None:
    bridged.kernel.ensure(SETTING, None)
    bridged.sh("sysctl -qw net.ipv6.conf.br100.accept_ra=1")
    assert not bridged.has(SETTING)

    bridged.kernel.ensure(SETTING, None)

    assert bridged.has(SETTING)


def test_the_settings_of_foreign_bridges_are_not_read(host: Host) -> None:
    host.sh("ip link add br7 type bridge")

    assert ignore_router_advertisements("br7").key not in host.resources()


def test_a_bridge_that_was_just_removed_has_nothing_to_set(host: Host) -> None:
    host.kernel.ensure(SETTING, None)

    assert SETTING.key not in host.resources()
