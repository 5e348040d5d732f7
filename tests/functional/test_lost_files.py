"""Files of a running dnsmasq that are removed or replaced behind its back."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from cloudnet.agent.drivers.dnsmasq.host_files import HostFiles
from cloudnet.agent.node.resources.dnsmasq import Dnsmasq
from cloudnet.agent.node.resources.lease import Lease
from tests.fixtures.agent.dhcp_guest import Guest
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import BRIDGE_MAC, guest, network, serve, served
from tests.fixtures.waiting import wait_for

VM3 = IPv4Address("10.0.0.3")
LEASE = Lease("br100", VM3, guest(3).mac)
SUCCESSOR = replace(network(4), vifs=(guest(4), replace(guest(5), address=VM3)))  # 10.0.0.3: vm5
LOST = [
    "rm {leases}",
    "mv {leases} {leases}.old",
    "cp {leases} {leases}.old; mv {leases}.old {leases}",
    "rm {leases}; echo 0 fa:16:3e:00:00:09 10.0.0.9 vm9 '*' >{leases}",
]


@pytest.fixture
def vm3(host: Host) -> Iterator[Guest]:
    serve(host, network(3, 4))
    with Guest(host, "br100", guest(3).mac) as made:
        yield made


def disturb(host: Host, script: str) -> None:
    """Change the files behind the back of an agent that has read the host."""
    files = host.files("br100")
    host.resources()
    host.sh(script.format(leases=files.leases, pid=files.pid, hosts=files.hosts))


def read_faults(host: Host) -> tuple[str, ...]:
    found = host.resources()["dnsmasq br100"]
    assert isinstance(found, Dnsmasq)
    return found.faults


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("script", LOST)
def test_a_lost_lease_file_is_noticed_and_restored(
    host: Host, vm3: Guest, script: str, restarted: bool
) -> None:
    lease = vm3.boot()
    desired = served(host, network(3, 4))
    disturb(host, script)

    assert host.kernel.has_drifted()
    if restarted:
        host.restart_the_agent()
    assert read_faults(host) == ("lease file lost",)
    assert LEASE.key in host.resources()  # what dnsmasq has open still shows it
    host.kernel.ensure(desired)

    assert host.has(desired)
    assert [each for each in host.resources().values() if isinstance(each, Lease)] == [LEASE]
    host.sh(f"ip neigh replace 10.0.0.3 lladdr {guest(3).mac} dev br100")
    assert [each.kind for each in vm3.renew(VM3, lease.server, BRIDGE_MAC)] == ["ack"]
    assert vm3.boot().address == VM3


@pytest.mark.parametrize("script", [*LOST, ": >{leases}"])
def test_a_new_guest_gets_the_address_of_one_whose_lease_is_in_no_file(
    host: Host, vm3: Guest, script: str
) -> None:
    vm3.boot()
    disturb(host, script)

    host.kernel.ensure(served(host, SUCCESSOR))

    with Guest(host, "br100", guest(5).mac) as vm5:
        assert vm5.boot().address == VM3


def test_a_release_that_a_crash_prevented_is_made_up_for(host: Host, vm3: Guest) -> None:
    vm3.boot()
    disturb(host, ": >{leases}")

    desired = served(host, SUCCESSOR)
    HostFiles(host.files("br100")).write(desired.hosts, desired.options)
    host.restart_the_agent()

    host.kernel.ensure(desired)

    with Guest(host, "br100", guest(5).mac) as vm5:
        assert vm5.boot().address == VM3


@pytest.mark.parametrize(
    "script", ["rm {pid}", "echo 1 >{pid}", ": >{pid}", "rm {pid}; mkfifo {pid}"]
)
def test_a_lost_pid_file_is_restored_and_the_process_serves_on(
    host: Host, vm3: Guest, script: str
) -> None:
    before, desired = host.dnsmasq_pids(), served(host, network(3, 4))
    text = host.files("br100").pid.read_text()
    disturb(host, script)

    assert host.kernel.has_drifted() or "rm" not in script
    assert read_faults(host) == ("pid file lost",)
    host.kernel.ensure(desired)

    assert host.has(desired)
    assert (host.dnsmasq_pids(), host.files("br100").pid.read_text()) == (before, text)
    assert vm3.boot().address == VM3


def test_a_replaced_hosts_directory_is_noticed_and_new_guests_are_served(
    host: Host, vm3: Guest
) -> None:
    disturb(host, "cp -a {hosts} {hosts}.new; mv {hosts} {hosts}.old; mv {hosts}.new {hosts}")
    host.restart_the_agent()

    assert read_faults(host) == ("hosts directory lost",)
    host.kernel.ensure(served(host, network(3, 4)))
    host.kernel.ensure(served(host, network(3, 4, 5)))

    with Guest(host, "br100", guest(5).mac) as vm5:
        assert str(vm5.boot().address) == "10.0.0.5"


def test_a_process_of_an_older_version_is_not_restarted(host: Host) -> None:
    """It has no note of the inode of its hosts directory."""
    desired, pid_file = serve(host, network(3)), host.files("br100").pid
    environment = host.sh(f"tr '\\0' '\\n' </proc/$(cat {pid_file})/environ").splitlines()
    host.sh(f"kill $(cat {pid_file})")
    wait_for(lambda: not host.dnsmasq_pids(), "dnsmasq to end", 5)
    older = [each for each in environment if not each.startswith("CLOUDNET_HOSTS_INODE=")]
    assert len(older) == len(environment) - 1
    variables = dict(each.split("=", 1) for each in older)
    wait_for(  # the one that ended keeps its sockets for milliseconds
        lambda: subprocess.run(desired.arguments, env=variables, check=False).returncode == 0,
        "dnsmasq to start",
        5,
    )
    before = pid_file.read_text()

    assert host.has(desired)
    host.kernel.ensure(served(host, network(3, 4)))

    assert host.has(served(host, network(3, 4)))
    assert pid_file.read_text() == before
