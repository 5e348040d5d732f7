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
        ("rm -r {hosts}", ()),
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
<<<<<<< HEAD
=======


def test_a_new_agent_finds_it_without_its_pid_file(host: Host) -> None:
    desired = serve(host, network(3))
    before = pids(host)
    host.files("br100").pid.unlink()

    host.restart_the_agent()
    assert host.has(desired)
    host.kernel.ensure(desired)

    assert pids(host) == before


def test_of_two_for_one_bridge_one_is_ended(host: Host) -> None:
    desired = serve(host, network(3))
    program = "import time; time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", program, f"--pid-file={host.files('br100').pid}"]
    ) as double:
        wait_for(lambda: double.pid in pids(host), "the double to start", 5)
        host.restart_the_agent()
        assert not host.has(desired)

        host.kernel.ensure(desired)

        assert double.wait(5) != 0
    assert host.has(desired)


def test_a_foreign_process_with_its_pid_is_not_ended(host: Host) -> None:
    desired = serve(host, network(3))
    host.sh(f"kill -9 $(cat {host.files('br100').pid}); sleep 0.1")
    with subprocess.Popen(["sleep", "600"]) as foreign:
        host.files("br100").pid.write_text(f"{foreign.pid}\n")

        host.restart_the_agent()
        assert not host.has(desired)
        host.kernel.remove(desired)

        assert foreign.poll() is None
        foreign.kill()


def test_a_dnsmasq_of_the_operators_is_not_ended(host: Host) -> None:
    with subprocess.Popen(
        ["dnsmasq", "--keep-in-foreground", "--conf-file=", "--port=5353", "--bind-interfaces"]
    ) as operators:
        desired = serve(host, network(3))
        host.kernel.remove(desired)

        assert operators.poll() is None
        operators.kill()


def test_removed_it_leaves_no_process_and_no_file(host: Host) -> None:
    desired = serve(host, network(3))
    with plugged(host, 3) as vm3:
        vm3.boot()

    for _ in range(2):
        host.kernel.remove(desired)

    assert pids(host) == []
    assert list(host.networks_path.iterdir()) == []
    assert desired.key not in host.resources()


def test_the_files_of_one_that_ended_are_read_and_removed(host: Host) -> None:
    desired = serve(host, network(3))
    host.sh(f"kill -9 $(cat {host.files('br100').pid}); sleep 0.1")

    host.restart_the_agent()
    left = host.resources()[desired.key]
    assert isinstance(left, Dnsmasq)
    assert left.arguments == ()
    assert left.faults == ("not running",)
    host.kernel.remove(left)

    assert list(host.networks_path.iterdir()) == []


def test_it_does_not_need_the_agent(host: Host) -> None:
    desired = serve(host, network(3))
    host.kernel.close()

    with plugged(host, 3) as vm3:
        assert str(vm3.boot().address) == "10.0.0.3"
    host.restart_the_agent()
    assert host.has(desired)


def test_a_port_in_use_is_one_line(host: Host) -> None:
    host.sh("ip link add br100 type bridge; ip address add 10.0.0.1/22 dev br100")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", 67))

        with pytest.raises(KernelRefused) as refused:
            serve(host, network(3))

    assert str(refused.value) == (
        "dnsmasq br100 (guests: 1): failed to bind DHCP server socket: Address already in use; "
        "find the program that uses the port by `ss -lunp`, and keep it off cloudnet's bridges"
    )
    assert pids(host) == []


def test_a_bad_option_is_one_line(host: Host) -> None:
    serve(host, network(3))

    with pytest.raises(KernelRefused) as refused:
        host.kernel.ensure(served(host, network(3), "--dhcp-range=nonsense"))

    assert str(refused.value) == (
        "dnsmasq br100 (guests: 1): bad command line options: bad dhcp-range; "
        "see dnsmasq_config_file and the networks' DNS servers"
    )


def test_a_missing_bridge_is_one_line(host: Host) -> None:
    with pytest.raises(KernelRefused, match="there is no br100; the agent creates it first"):
        host.kernel.ensure(served(host, network(3)))


def test_the_error_about_a_directory_that_dnsmasq_cannot_read_names_it(host: Host) -> None:
    host.state_path.chmod(0o700)

    with pytest.raises(KernelRefused) as refused:
        serve(host, network(3))

    assert str(refused.value) == (
        f"dnsmasq runs as an ordinary user and cannot read {host.state_path}; "
        f"permit it by `chmod o+x {host.state_path}`"
    )


def test_the_error_about_a_missing_dnsmasq_names_the_package(host: Host) -> None:
    desired = serve(host, network(3))
    missing = replace(desired, arguments=("no-such-dnsmasq", *desired.arguments[1:]))

    with pytest.raises(KernelRefused, match=r"dnsmasq is not installed \(Debian: dnsmasq-"):
        host.kernel.ensure(missing)


def test_several_are_started_at_once_and_each_has_its_own_error(host: Host) -> None:
    networks = [network(3, bridge=f"br{n}", address=f"10.{n}.0.1") for n in range(101, 107)]
    for each in networks:
        serve(host, each)
        host.kernel.remove(served(host, each))
    host.resources()
    good = [served(host, each) for each in networks]
    desired = [*good[:3], replace(good[3], arguments=("dnsmasq", "--nonsense")), *good[4:]]

    errors = list(host.kernel.ensure_each([(each, None) for each in desired]))

    assert [error is None for error in errors] == [True, True, True, False, True, True]
    assert isinstance(errors[3], KernelRefused)
    assert str(errors[3]).startswith(f"{desired[3]}: bad command line options")
    assert all(host.has(each) for each in (*good[:3], *good[4:]))
>>>>>>> 2177385 (package: the wheel and the sdist carry examples, manual pages and types)
