"""Reading dnsmasq's lease file."""

import os
import time
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.drivers.dnsmasq.lease_file import list_leases, remove_other_leases
from cloudnet.agent.node.resources.lease import Lease

MAC = "fa:16:3e:00:00:03"


def read(directory: Path, *lines: str) -> list[Lease]:
    file = directory / "leases"
    file.write_text("".join(f"{line}\n" for line in lines))
    return list(list_leases("br100", file))


def lease(address: str) -> Lease:
    return Lease("br100", IPv4Address(address), MAC)


def test_leases_are_read_with_and_without_a_name_and_a_client_id(tmp_path: Path) -> None:
    later = int(time.time()) + 60

    assert read(
        tmp_path,
        f"{later} {MAC} 10.0.0.3 vm3 01:{MAC}",
        f"{later} {MAC} 10.0.0.4 * *",
        f"0 {MAC} 10.0.0.5 vm5 *",  # never expires
    ) == [lease("10.0.0.3"), lease("10.0.0.4"), lease("10.0.0.5")]


def test_an_expired_line_is_no_lease(tmp_path: Path) -> None:
    assert read(tmp_path, f"{int(time.time()) - 1} {MAC} 10.0.0.3 vm3 *") == []


def test_lines_that_are_no_ipv4_lease_of_an_ethernet_device_are_ignored(tmp_path: Path) -> None:
    later = int(time.time()) + 60

    assert (
        read(
            tmp_path,
            "duid 00:01:00:01:2a:2b",
            f"{later} 12345 fd00::3 vm3 00:01:00:01",
            f"{later} 06-{MAC} 10.0.0.3 vm3 *",
            "",
            "half a li",
        )
        == []
    )


def test_no_file_means_no_leases(tmp_path: Path) -> None:
    assert list(list_leases("br100", tmp_path / "none")) == []


def test_impossible_lines_are_ignored(tmp_path: Path) -> None:
    later = int(time.time()) + 60

    assert read(
        tmp_path,
        f"{later} {MAC} 10.0.0.999 vm3 *",
        f"{'9' * 5000} {MAC} 10.0.0.3 vm3 *",
        f"{later} {MAC} 10.0.0.4 vm4 *",
    ) == [lease("10.0.0.4")]


def test_garbage_or_a_directory_in_place_of_the_file_means_no_leases(tmp_path: Path) -> None:
    garbage, directory = tmp_path / "garbage", tmp_path / "directory"
    garbage.write_bytes(bytes(range(256)) * 20)
    directory.mkdir()

    assert list(list_leases("br100", garbage)) == []
    assert list(list_leases("br100", directory)) == []


def test_before_a_start_only_the_leases_of_the_networks_guests_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "leases"
    lines = [
        f"1 {MAC} 10.0.0.3 vm3 *",
        f"1 {MAC} 10.0.4.3 vm3 *",  # of a network that had the bridge before
        "1 fa:16:3e:00:00:99 10.0.0.9 vm9 *",  # of a guest that is gone
        "duid 00:01:00:01:2a",
    ]
    file.write_text("".join(f"{line}\n" for line in lines))

    remove_other_leases(file, [f"{MAC},vm3,10.0.0.3"])

    assert file.read_text() == f"{lines[0]}\n{lines[3]}\n"
    remove_other_leases(tmp_path / "none", [])
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("half", ["", "17648", f"9999999999 {MAC} 10.0.0.3 vm3 *\n9999"])
def test_a_file_that_is_being_written_is_read_again(tmp_path: Path, half: str) -> None:
    file = tmp_path / "leases"
    file.write_text(half)

    def write_the_rest(seconds: float) -> None:
        file.write_text(f"0 {MAC} 10.0.0.3 vm3 *\n0 {MAC} 10.0.0.4 vm4 *\n")

    found = list_leases("br100", file, pause=write_the_rest)

    assert list(found) == [lease("10.0.0.3"), lease("10.0.0.4")]


def test_an_old_file_without_leases_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "leases"
    file.write_text("")
    os.utime(file, (0, 0))
    pauses: list[float] = []

    assert list(list_leases("br100", file, pause=pauses.append)) == []
    assert pauses == []


@given(st.binary(max_size=200))
def test_any_other_bytes_in_the_file_leave_its_leases(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "noisy.leases"
    line = f"0 {MAC} 10.0.0.3 vm3 *".encode()
    file.write_bytes(noise + b"\n" + line + b"\n" + noise + b"\n")

    assert lease("10.0.0.3") in list_leases("br100", file)


def test_a_named_pipe_in_place_of_the_file_has_no_leases(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "leases")

    assert list(list_leases("br100", tmp_path / "leases")) == []
