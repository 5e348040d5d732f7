"""Directories and files that dnsmasq, which is not root, may not read any more.

A SIGHUP would make it forget all guests, so there is none before it can read them again.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from cloudnet.common.errors import KernelRefused
from tests.fixtures.agent.dhcp_guest import Guest
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import guest, network, serve, served
from tests.fixtures.waiting import wait_for


def boots(host: Host, number: int) -> str:
    """Return the address that a guest gets."""
    with Guest(host, "br100", guest(number).mac) as vm:
        wait_for(vm.discover, "an offer", 15)  # the bridge may get its carrier a second later
        return str(vm.boot().address)


@pytest.mark.parametrize("find", [lambda host: host.state_path, lambda host: host.networks_path])
def test_a_directory_above_is_named_and_former_guests_are_served(
    host: Host, find: Callable[[Host], Path]
) -> None:
    desired, closed = serve(host, network(3)), find(host)
    closed.chmod(0o750)

    assert host.resources()[desired.key].faults == (f"dnsmasq cannot read {closed}",)
    with pytest.raises(KernelRefused, match=f"permit it by `chmod o.x {closed}`"):
        host.kernel.ensure(served(host, network(3, 4)))
    assert boots(host, 3) == "10.0.0.3"

    host.sh(f"kill -HUP $(cat {host.files('br100').pid})")  # logrotate, for example
    closed.chmod(0o755)
    assert host.resources()[desired.key].faults == ("not reloaded",)
    host.kernel.ensure(served(host, network(3, 4)))
    assert host.has(served(host, network(3, 4)))
    assert boots(host, 4) == "10.0.0.4"


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ("chmod 700 {hosts}", "hosts directory cannot be read by dnsmasq"),
        ("chmod 744 {hosts}", "hosts directory cannot be read by dnsmasq"),
        ("chmod 600 {hosts}/*", "hosts file fa-16-3e-00-00-03 cannot be read"),
        ("chmod 600 {options}", "options file cannot be read"),
    ],
)
def test_the_agents_own_files_are_opened_again(host: Host, script: str, fault: str) -> None:
    serve(host, network(3))
    files = host.files("br100")
    host.sh(script.format(hosts=files.hosts, options=files.options))
    host.sh(f"kill -HUP $(cat {files.pid})")

    desired = served(host, network(3, 4))
    assert host.resources()[desired.key].faults == (fault,)
    host.kernel.ensure(desired)

    assert host.has(desired)
    assert [boots(host, number) for number in (3, 4)] == ["10.0.0.3", "10.0.0.4"]
