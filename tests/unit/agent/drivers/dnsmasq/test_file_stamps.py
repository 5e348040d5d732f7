"""Changes of dnsmasq's files that are noticed without reading them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudnet.agent.drivers.dnsmasq.file_stamps import FileStamps
from cloudnet.agent.drivers.dnsmasq.host_files import HostFiles
from cloudnet.agent.node.resources.dnsmasq import DnsmasqFiles

HOST = "fa:16:3e:00:00:03,vm3,10.0.0.3"


@pytest.fixture
def files(tmp_path: Path) -> DnsmasqFiles:
    files = DnsmasqFiles.of(tmp_path, "br100")
    HostFiles(files).write([HOST], ["3,10.0.0.1"])
    for path in (tmp_path, files.hosts, files.options):
        os.utime(path, (0, 0))  # older than any change of this test
    return files


@pytest.fixture
def stamps(files: DnsmasqFiles, tmp_path: Path) -> FileStamps:
    stamps = FileStamps(tmp_path)
    stamps.take(["br100"])
    return stamps


CHANGES: dict[str, Callable[[DnsmasqFiles], object]] = {
    "a guest's file is removed": lambda files: next(files.hosts.iterdir()).unlink(),
    "a guest's file is added": lambda files: (files.hosts / "fa-16-3e-00-00-09").touch(),
    "the options are edited": lambda files: files.options.write_text("3"),
    "the options are removed": lambda files: files.options.unlink(),
    "another file is added": lambda files: (files.options.parent / "nova-br7.pid").touch(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_noticed_until_it_is_noted(
    stamps: FileStamps, files: DnsmasqFiles, change: Callable[[DnsmasqFiles], object]
) -> None:
    assert not stamps.have_changed()

    change(files)
    assert stamps.have_changed()

    stamps.update("br100")
    assert not stamps.have_changed()


def test_files_of_bridges_that_are_no_longer_read_do_not_count(
    stamps: FileStamps, files: DnsmasqFiles
) -> None:
    stamps.take([])

    files.options.write_text("3")

    assert not stamps.have_changed()


def test_a_directory_that_does_not_exist_is_noticed_when_it_does(tmp_path: Path) -> None:
    stamps = FileStamps(tmp_path / "networks")
    stamps.update("br100")
    assert not stamps.have_changed()

    (tmp_path / "networks").mkdir()

    assert stamps.have_changed()
