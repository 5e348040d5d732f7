"""The lines of the operator's file that take a dnsmasq away from the agent."""

from pathlib import Path

import pytest

from cloudnet.agent.drivers.dnsmasq.config_file import find_conflict

HARMLESS = """
# pid-file=/run/other.pid
cache-size=10  # no-daemon
log-facility=/var/log/no-daemon
dhcp-option-force=26,1454
"""


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("pid-file=/run/other.pid", "pid-file"),
        ("  dhcp-leasefile = /var/lib/misc/dnsmasq.leases", "dhcp-leasefile"),
        ("leasefile-ro", "leasefile-ro"),
        ("no-daemon # to see it", "no-daemon"),
    ],
)
@pytest.mark.parametrize("include", ["", "conf-file={0}/a.conf", "conf-dir={0},*.conf"])
def test_a_conflict_is_found_in_the_file_and_in_what_it_includes(
    tmp_path: Path, include: str, line: str, name: str
) -> None:
    directory, file = tmp_path / "included", tmp_path / "dnsmasq.conf"
    directory.mkdir()
    where = directory / "a.conf" if include else file
    file.write_text(f"{HARMLESS}{include.format(directory)}\n")
    assert find_conflict(file) is None

    where.write_text(f"{where.read_text() if where.exists() else ''}{line}\n")

    found = find_conflict(file)
    assert found is not None
    assert found.startswith(f"{name} at line ")
    assert f" of {where}: " in found


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("{0}", "a~"),
        ("{0}", ".a"),
        ("{0},.bak", "a.bak"),
        ("{0},*.conf", "a.txt"),
        ("{0}/none", "a.conf"),
    ],
)
def test_a_file_that_dnsmasq_does_not_read_is_no_conflict(
    tmp_path: Path, value: str, name: str
) -> None:
    directory, file = tmp_path / "included", tmp_path / "dnsmasq.conf"
    directory.mkdir()
    (directory / name).write_text("no-daemon\n")

    file.write_text(f"conf-dir={value.format(directory)}\n")

    assert find_conflict(file) is None


def test_files_that_include_each_other_are_read_to_an_end(tmp_path: Path) -> None:
    file = tmp_path / "dnsmasq.conf"
    file.write_text(f"conf-file={file}\nconf-dir={tmp_path}\n")

    assert find_conflict(file) is None
    assert find_conflict(tmp_path / "missing") is None
