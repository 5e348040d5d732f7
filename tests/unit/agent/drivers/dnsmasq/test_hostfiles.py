"""The files that a dnsmasq reads, and what it must be told after a change."""

from pathlib import Path

import pytest

from cloudnet.agent.drivers.dnsmasq.hostfiles import Change, HostFiles
from cloudnet.agent.node.resources.dnsmasq import DnsmasqFiles

VM3, VM4 = "fa:16:3e:00:00:03,vm3,10.0.0.3", "fa:16:3e:00:00:04,vm4,10.0.0.4"
OPTIONS = ("3,10.0.0.1", "26,1500")


@pytest.fixture
def files(tmp_path: Path) -> HostFiles:
    made = HostFiles(DnsmasqFiles.of(tmp_path / "networks", "br100"))
    made.write([VM3], OPTIONS)
    made.desired()
    return made


def test_what_is_written_is_read_again(files: HostFiles) -> None:
    assert (files.hosts(), files.options()) == ((VM3,), OPTIONS)


def test_hosts_are_read_in_the_order_of_their_addresses(files: HostFiles) -> None:
    ninth, tenth = "fa:16:3e:00:00:0a,vm9,10.0.0.9", "fa:16:3e:00:00:01,vm10,10.0.0.10"

    files.write([ninth, tenth, VM3], OPTIONS)

    assert files.hosts() == (VM3, ninth, tenth)


@pytest.mark.parametrize(
    ("hosts", "options", "change"),
    [
        ([VM3], OPTIONS, Change.NOTHING),
        ([VM3, VM4], OPTIONS, Change.NOTHING),  # dnsmasq sees an addition by itself
        ([], OPTIONS, Change.RELOAD),
        ([VM4], OPTIONS, Change.RELOAD),
        ([VM3.replace("vm3", "renamed")], OPTIONS, Change.RELOAD),
        ([VM3], ("3",), Change.RELOAD),
    ],
)
def test_dnsmasq_is_told_only_what_it_cannot_see(
    files: HostFiles, hosts: list[str], options: tuple[str, ...], change: Change
) -> None:
    assert files.write(hosts, options) is change
    assert files.hosts() == tuple(hosts)


def test_a_signal_stays_due_until_it_was_sent(files: HostFiles) -> None:
    files.write([], OPTIONS)

    assert files.write([], OPTIONS) is Change.RELOAD
    files.desired()

    assert files.write([], OPTIONS) is Change.NOTHING


def test_a_new_directory_needs_a_new_process(tmp_path: Path) -> None:
    files = HostFiles(DnsmasqFiles.of(tmp_path / "networks", "br100"))

    assert files.write([VM3], OPTIONS) is Change.RESTART


def test_two_addresses_of_one_mac_share_a_file(files: HostFiles) -> None:
    second = VM3.replace("10.0.0.3", "10.0.0.33")

    files.write([VM3, second], OPTIONS)

    assert files.hosts() == (VM3, second)
    assert [file.name for file in files.files.hosts.iterdir() if file.name[0] != "."] == [
        "fa-16-3e-00-00-03"
    ]


def test_they_can_be_read_by_anybody_whatever_the_umask(files: HostFiles) -> None:
    modes = {
        path.stat().st_mode & 0o777
        for path in (files.files.options, files.files.hosts / "fa-16-3e-00-00-03")
    }

    assert modes == {0o644}
    assert files.files.hosts.stat().st_mode & 0o777 == 0o755


def test_nothing_is_read_where_nothing_is(tmp_path: Path) -> None:
    files = HostFiles(DnsmasqFiles.of(tmp_path, "br100"))

    assert (files.hosts(), files.options(), files.reload_is_due()) == ((), (), False)
    files.remove()


def test_removed_they_are_all_gone(files: HostFiles) -> None:
    for file in (files.files.leases, files.files.pid):
        file.touch()

    files.remove()

    assert list(files.files.pid.parent.iterdir()) == []


def test_a_directory_in_a_files_place_differs_from_all_that_is_wanted(files: HostFiles) -> None:
    (files.files.hosts / "fa-16-3e-00-00-03").unlink()
    (files.files.hosts / "fa-16-3e-00-00-03").mkdir()
    files.files.options.unlink()
    files.files.options.mkdir()

    assert files.hosts() != (VM3,)
    assert files.options() != OPTIONS
    with pytest.raises(OSError, match="Is a directory"):
        files.write([VM3], OPTIONS)


def test_a_file_in_the_directorys_place_holds_no_guests(files: HostFiles) -> None:
    files.remove()
    files.files.hosts.write_text("here I am")

    assert files.hosts() == ()
    with pytest.raises(OSError, match="File exists"):
        files.write([VM3], OPTIONS)
