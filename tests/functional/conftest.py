"""Functional tests run the drivers on a real kernel, as root, in namespaces of their own."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.agent.host import Host
from tests.fixtures.isolation import is_isolated
from tests.fixtures.servers.rabbitmq import RabbitMQ


def is_lab_machine() -> bool:
    """Return whether this kernel is a User-Mode Linux, which has only the lab's network."""
    return "User Mode Linux" in Path("/proc/cpuinfo").read_text()


def has_dot1q() -> bool:
    """Return whether this kernel has 802.1Q."""
    from pyroute2 import IPRoute
    from pyroute2.netlink.exceptions import NetlinkError

    with Host.new() as host, IPRoute() as kernel:
        host.nic("eth0")
        parent = socket.if_nametoindex("eth0")
        try:
            kernel.link("add", ifname="vlan1", kind="vlan", link=parent, vlan_id=1)
        except NetlinkError:
            return False
    return True


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "vlan: needs a kernel with 802.1Q")
    config.addinivalue_line("markers", "other_kernel: runs the VLAN tests on another kernel")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not items or config.option.collectonly:
        return
    if not (is_isolated() or is_lab_machine()):
        raise pytest.UsageError(
            "functional tests change the network: run them as root by "
            "`tools/isolated .venv/bin/pytest tests/functional`"
        )
    # Each test runs once: those of VLANs on this kernel or in the machine of test_other_kernel.py.
    elsewhere = "other_kernel" if has_dot1q() else "vlan"
    config.hook.pytest_deselected(items=[item for item in items if elsewhere in item.keywords])
    items[:] = [item for item in items if elsewhere not in item.keywords]


@pytest.fixture
def host() -> Iterator[Host]:
    with Host.new() as created:
        yield created


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """One broker for all tests that leave it as it was; it takes ten seconds to start."""
    with RabbitMQ(tmp_path_factory.mktemp("rabbitmq"), port=5790) as running:
        yield running
