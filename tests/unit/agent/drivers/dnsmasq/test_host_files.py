"""The files that a dnsmasq reads, and what must be done with it after a change."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.drivers.dnsmasq.host_files import Content, HostFiles, Reaction
from cloudnet.agent.node.resources.dnsmasq import DnsmasqFiles

VM3, VM4 = "fa:16:3e:00:00:03,vm3,10.0.0.3", "fa:16:3e:00:00:04,vm4,10.0.0.4"
OPTIONS = ("3,10.0.0.1", "26,1500")


@pytest.fixture
def files(tmp_path: Path) -> HostFiles:
    created = HostFiles(DnsmasqFiles.of(tmp_path / "networks", "br100"))
    created.write([VM3], OPTIONS)
    created.confirm()
    return created


def test_what_is_written_is_read_again(files: HostFiles) -> None:
    assert files.read() == Content((VM3,), OPTIONS)


def test_hosts_are_read_in_the_order_of_their_addresses(files: HostFiles) -> None:
    ninth, tenth = "fa:16:3e:00:00:0a,vm9,10.0.0.9", "fa:16:3e:00:00:01,vm10,10.0.0.10"

    files.write([ninth, tenth, VM3], OPTIONS)

    assert files.read().hosts == (VM3, ninth, tenth)


@pytest.mark.parametrize(
    ("hosts", "options", "reaction"),
    [
        ([VM3], OPTIONS, Reaction.NONE),
        ([VM3, VM4], OPTIONS, Reaction.NONE),  # dnsmasq notices an addition by itself
        ([], OPTIONS, Reaction.RELOAD),
        ([VM4], OPTIONS, Reaction.RELOAD),
        ([VM3.replace("vm3", "renamed")], OPTIONS, Reaction.RELOAD),
        ([VM3], ("3",), Reaction.RELOAD),
    ],
)
def test_only_a_change_that_dnsmasq_cannot_notice_needs_a_reload(
    files: HostFiles, hosts: list[str], options: tuple[str, ...], reaction: Reaction
) -> None:
    assert files.write(hosts, options) is reaction
    assert files.read().hosts == tuple(hosts)


def test_a_file_that_is_right_is_not_written_again(files: HostFiles) -> None:
    file = files.files.hosts / "fa-16-3e-00-00-03"
    before = file.stat().st_ino

    files.write([VM3, VM4], OPTIONS)

    assert file.stat().st_ino == before


def test_a_reload_is_due_until_it_is_confirmed(files: HostFiles) -> None:
    files.write([], OPTIONS)

    assert files.read().faults == ("not reloaded",)
    assert files.write([], OPTIONS) is Reaction.RELOAD
    files.confirm()

    assert files.read().faults == ()
    assert files.write([], OPTIONS) is Reaction.NONE


def test_a_new_directory_needs_a_new_process(tmp_path: Path) -> None:
    files = HostFiles(DnsmasqFiles.of(tmp_path / "networks", "br100"))

    assert files.write([VM3], OPTIONS) is Reaction.RESTART


def test_two_addresses_of_one_mac_share_a_file(files: HostFiles) -> None:
    second = VM3.replace("10.0.0.3", "10.0.0.33")

    files.write([VM3, second], OPTIONS)

    assert files.read().hosts == (VM3, second)
    assert [file.name for file in files.files.hosts.iterdir() if file.name[0] != "."] == [
        "fa-16-3e-00-00-03"
    ]


def test_every_user_can_read_them_whatever_the_umask(files: HostFiles) -> None:
    modes = {
        path.stat().st_mode & 0o777
        for path in (files.files.options, files.files.hosts / "fa-16-3e-00-00-03")
    }

    assert modes == {0o644}
    assert files.files.hosts.stat().st_mode & 0o777 == 0o755


def test_files_that_do_not_exist_count_as_empty(tmp_path: Path) -> None:
    files = HostFiles(DnsmasqFiles.of(tmp_path, "br100"))

    assert files.read() == Content((), ())
    files.remove()


def test_removed_they_are_all_gone(files: HostFiles) -> None:
    for file in (files.files.leases, files.files.pid):
        file.touch()

    files.remove()

    assert list(files.files.pid.parent.iterdir()) == []


def test_a_directory_in_place_of_a_file_is_a_fault_and_cannot_be_written(files: HostFiles) -> None:
    for path in (files.files.hosts / "fa-16-3e-00-00-03", files.files.options):
        path.unlink()
        path.mkdir()

    assert files.read() == Content(
        (),
        (),
        ("hosts file fa-16-3e-00-00-03 cannot be read", "options file cannot be read"),
    )
    with pytest.raises(OSError, match="Is a directory"):
        files.write([VM3], OPTIONS)


def test_a_directory_that_is_no_guests_file_is_a_fault_and_stops_no_guest(
    files: HostFiles,
) -> None:
    (files.files.hosts / "backup").mkdir()

    assert files.read() == Content((VM3,), OPTIONS, ("hosts file backup cannot be read",))
    assert files.write([VM3, VM4], OPTIONS) is Reaction.NONE
    assert [str(failure.strerror) for failure in files.failures] == ["Is a directory"]
    assert files.read().hosts == (VM3, VM4)


def test_a_loop_of_links_in_place_of_the_directory_counts_as_empty(files: HostFiles) -> None:
    files.remove()
    files.files.hosts.symlink_to(files.files.hosts.name)

    assert files.read().hosts == ()
    with pytest.raises(OSError, match="File exists"):
        files.write([VM3], OPTIONS)


def test_a_named_pipe_in_place_of_a_file_is_replaced(files: HostFiles) -> None:
    """To read it would stop the agent for ever."""
    foreign = files.files.hosts / "pipe"
    os.mkfifo(foreign)
    files.files.options.unlink()
    os.mkfifo(files.files.options)

    assert files.read().faults == ("hosts file pipe cannot be read", "options file cannot be read")
    files.write([VM3], OPTIONS)

    assert files.read() == Content((VM3,), OPTIONS, ("not reloaded",))


def test_a_file_in_place_of_the_directory_counts_as_empty_and_cannot_be_written(
    files: HostFiles,
) -> None:
    files.remove()
    files.files.hosts.write_text("here I am")

    assert files.read().hosts == ()
    with pytest.raises(OSError, match="File exists"):
        files.write([VM3], OPTIONS)


@given(st.binary(max_size=100))
def test_any_bytes_in_a_foreign_file_are_read_and_removed(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes
) -> None:
    files = HostFiles(DnsmasqFiles.of(tmp_path_factory.mktemp("n"), "br100"))
    files.write([VM3], OPTIONS)
    (files.files.hosts / "foreign").write_bytes(noise)
    files.files.options.write_bytes(noise)

    assert VM3 in files.read().hosts
    files.write([VM3], OPTIONS)

    assert files.read().hosts == (VM3,)
    assert files.read().options == OPTIONS
