"""dnsmasq as a process that outlives the agent, and the files that it reads."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cloudnet.agent.drivers.dnsmasq.host_files import HostFiles
from tests.fixtures.agent.dhcp_guest import Guest
from tests.fixtures.agent.host import Host
from tests.fixtures.agent.serving import guest, log_of, network, serve, served
from tests.fixtures.waiting import wait_for


def pids(host: Host) -> list[int]:
    return host.dnsmasq_pids()


@contextlib.contextmanager
def plugged(host: Host, number: int, bridge: str = "br100") -> Iterator[Guest]:
    with Guest(host, bridge, guest(number).mac) as created:
        yield created


def test_it_starts_serves_and_is_read_back_by_a_new_agent(host: Host) -> None:
    desired = serve(host, network(3))

    host.restart_the_agent()
    assert host.has(desired)
    with plugged(host, 3) as vm3:
        lease = vm3.boot()
    assert str(lease.address) == "10.0.0.3"
    assert lease.options[3] == bytes([10, 0, 0, 1])
    assert lease.options[26] == (1500).to_bytes(2)


def test_an_unknown_guest_gets_no_answer(host: Host) -> None:
    serve(host, network(3))

    with plugged(host, 4) as unknown:
        assert unknown.discover() == []


def test_starting_it_again_changes_nothing(host: Host) -> None:
    desired = serve(host, network(3))
    before = pids(host), log_of(host).read_text()

    host.restart_the_agent()
    host.kernel.ensure(desired)

    assert (pids(host), log_of(host).read_text()) == before


def test_a_new_guest_is_served_without_a_signal(host: Host) -> None:
    serve(host, network(3))
    before = pids(host)
    desired = served(host, network(3, 4))

    host.kernel.ensure(desired)

    with plugged(host, 4) as vm4:
        assert str(vm4.boot().address) == "10.0.0.4"
    assert host.has(desired)
    assert pids(host) == before
    assert log_of(host).read_text().count("nova-br100.opts") == 1  # a SIGHUP reads it again


def test_a_removed_guest_is_served_no_longer_by_the_same_process(host: Host) -> None:
    serve(host, network(3, 4))
    before = pids(host)
    desired = served(host, network(4))

    host.kernel.ensure(desired)

    assert host.has(desired)
    assert pids(host) == before
    with plugged(host, 3) as vm3, plugged(host, 4) as vm4:
        assert vm3.discover() == []
        assert str(vm4.boot().address) == "10.0.0.4"


def test_an_address_can_go_to_another_guest(host: Host) -> None:
    serve(host, network(3))
    other = replace(guest(3), mac=guest(4).mac, hostname="vm4")
    desired = served(host, replace(network(), vifs=(other,)))

    host.kernel.ensure(desired)

    with plugged(host, 4) as vm4:
        assert str(vm4.boot().address) == "10.0.0.3"


def test_changed_options_need_no_new_process(host: Host) -> None:
    serve(host, network(3))
    before = pids(host)

    host.kernel.ensure(served(host, network(3, gateway="10.0.3.254")))

    with plugged(host, 3) as vm3:
        assert vm3.boot().options[3] == bytes([10, 0, 3, 254])
    assert pids(host) == before


def test_changed_arguments_need_a_new_process(host: Host) -> None:
    serve(host, network(3))
    before = set(pids(host))
    desired = served(host, network(3), "--dhcp-option=option:mtu,1400")

    assert not host.has(desired)
    host.kernel.ensure(desired)

    assert host.has(desired)
    assert before.isdisjoint(pids(host))
    assert len(pids(host)) == len(before)


@pytest.mark.parametrize(
    ("disturbance", "faults"),
    [
        ("kill $(cat {pid})", ("not running",)),
        ("kill -9 $(cat {pid}); sleep 0.1", ("not running",)),
        ("rm {hosts}/fa-16-3e-00-00-03", ()),
        ("echo fa:16:3e:00:00:09,vm9,10.0.0.9 >{hosts}/fa-16-3e-00-00-09", ()),
        ("echo fa:16:3e:00:00:03,vm3,10.0.0.33 >{hosts}/fa-16-3e-00-00-03", ()),
        ("echo 3,10.0.0.99 >{options}", ()),
        ("rm {options}", ()),
        ("rm -r {hosts}", ("hosts directory lost",)),
        ("kill -9 $(cat {pid}); rm {pid}; sleep 0.1", ("not running",)),
        (
            "ip link set br100 down; ip link set br100 name br7; ip link set br7 up",
            ("bound to a bridge that was removed",),
        ),
    ],
)
def test_drift_is_read_and_repaired(host: Host, disturbance: str, faults: tuple[str, ...]) -> None:
    desired = serve(host, network(3))
    files = host.files("br100")
    host.sh(disturbance.format(pid=files.pid, hosts=files.hosts, options=files.options))

    wait_for(lambda: not host.has(desired), "the drift to be read", 2)
    wait_for(lambda: host.resources()[desired.key].faults == faults, f"the faults {faults}", 2)
    if host.sh("ip link").count("br7"):
        host.sh("ip link set br7 down; ip link set br7 name br100; ip link set br100 up")
    host.kernel.ensure(desired)

    wait_for(lambda: host.has(desired), "dnsmasq to be as desired", 2)
    with plugged(host, 3) as vm3:
        assert str(vm3.boot().address) == "10.0.0.3"


@pytest.mark.parametrize(
    "disturbance",
    [
        "rm {hosts}/fa-16-3e-00-00-03",
        "echo fa:16:3e:00:00:09,vm9,10.0.0.9 >{hosts}/fa-16-3e-00-00-09",
        "echo 3,10.0.0.99 >{options}",
        "rm {options}",
        "rm -r {hosts}",
    ],
)
def test_changed_files_are_noticed_without_a_read(host: Host, disturbance: str) -> None:
    desired = serve(host, network(3))
    host.resources()
    assert not host.kernel.has_drifted()

    files = host.files("br100")
    host.sh(disturbance.format(hosts=files.hosts, options=files.options))

    assert host.kernel.has_drifted()
    host.kernel.ensure(desired)
    host.resources()
    assert not host.kernel.has_drifted()


def test_what_the_agent_writes_itself_is_no_drift(host: Host) -> None:
    serve(host, network(3))
    host.resources()

    host.kernel.ensure(served(host, network(3, 4)))
    assert not host.kernel.has_drifted()
    host.kernel.ensure(served(host, network(4, gateway="10.0.3.254")))
    assert not host.kernel.has_drifted()
    host.kernel.remove(served(host, network()))
    assert not host.kernel.has_drifted()


def test_a_reload_that_a_crash_prevented_is_made_up_for(host: Host) -> None:
    serve(host, network(3, 4))
    desired = served(host, network(4))
    # The agent was stopped between writing the files and sending the signal.
    HostFiles(host.files("br100")).write(desired.hosts, desired.options)

    host.restart_the_agent()
    assert not host.has(desired)
    host.kernel.ensure(desired)

    assert host.has(desired)
    with plugged(host, 3) as vm3:
        assert vm3.discover() == []


def test_the_process_of_an_agent_with_another_state_path_is_replaced(host: Host) -> None:
    serve(host, network(3))
    before = pids(host)
    moved = replace(host, state_path=host.state_path / "networks-2")
    moved.restart_the_agent()

    desired = serve(moved, network(3))

    assert moved.has(desired)
    assert set(before).isdisjoint(pids(host))  # of both paths
    assert len(pids(moved)) == len(before)
    moved.kernel.close()
