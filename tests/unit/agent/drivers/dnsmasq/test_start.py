"""The start of a dnsmasq, with a script in its place, and what stops it."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from cloudnet.agent.drivers.dnsmasq.inotify_limit import InotifyLimit
from cloudnet.agent.drivers.dnsmasq.start import start_dnsmasq
from cloudnet.agent.node.resources.dnsmasq import Dnsmasq
from cloudnet.common.errors import KernelRefused, NeedsOperator

DNSMASQ = Dnsmasq("br100", "net-1", (), (), (), ())
READ_ONLY = Path("/proc/sys/kernel/random/poolsize")  # a number that not even root can write


@pytest.fixture
def limit_file(tmp_path: Path) -> Path:
    file = tmp_path / "max_user_instances"
    file.write_text("128\n")
    return file


def run(script: str, limit: Path, *, bridge: str = "br100") -> None:
    """Start a dnsmasq that is this shell script."""
    desired = replace(DNSMASQ, bridge=bridge, arguments=("sh", "-c", script))
    start_dnsmasq(desired, {}, InotifyLimit(limit))


def needs_instances(limit: Path, number: int) -> str:
    """Return a script that complains as dnsmasq does while the limit is too small."""
    return (
        f'[ "$(cat {limit})" -ge {number} ] ||'
        "{ echo 'dnsmasq: failed to create inotify: Too many open files' >&2; exit 5; }"
    )


def test_a_start_that_succeeds_leaves_the_limit_as_it_is(limit_file: Path) -> None:
    run("exit 0", limit_file)

    assert limit_file.read_text() == "128\n"


def test_the_limit_is_doubled_until_the_start_succeeds(
    limit_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        run(needs_instances(limit_file, 400), limit_file)

    assert limit_file.read_text() == "512\n"
    assert [record.getMessage() for record in caplog.records] == [
        "sysctl fs.inotify.max_user_instances: raised from 128 to 256",
        "sysctl fs.inotify.max_user_instances: raised from 256 to 512",
    ]


def test_a_limit_that_another_start_has_raised_is_not_raised_again(limit_file: Path) -> None:
    limit = InotifyLimit(limit_file)
    assert limit.raise_above(128)

    assert limit.raise_above(128)

    assert limit_file.read_text() == "256\n"


def test_a_limit_that_cannot_be_raised_is_logged_once_and_needs_an_operator(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limit = InotifyLimit(READ_ONLY)
    before = READ_ONLY.read_text()
    script = needs_instances(READ_ONLY, 1 << 20)

    for bridge in ("br100", "br101"):
        desired = replace(DNSMASQ, bridge=bridge, arguments=("sh", "-c", script))
        with pytest.raises(NeedsOperator) as refused:
            start_dnsmasq(desired, {}, limit)
        assert str(refused.value) == (
            f"{desired}: failed to create inotify: Too many open files; raise the sysctl "
            "fs.inotify.max_user_instances: each dnsmasq needs one instance"
        )

    assert READ_ONLY.read_text() == before
    [record] = caplog.records
    assert record.getMessage() == (
        "sysctl fs.inotify.max_user_instances: 256 is too small and cannot be raised (Permission "
        "denied); each network needs one instance: set it to 512 on the host"
    )


def test_a_limit_beyond_all_need_is_not_raised(limit_file: Path) -> None:
    limit_file.write_text("65536\n")

    with pytest.raises(NeedsOperator):
        run(needs_instances(limit_file, 1 << 20), limit_file)

    assert limit_file.read_text() == "65536\n"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (
            "echo 'dnsmasq: failed to bind DHCP server socket: Address already in use' >&2; exit 2",
            (
                "failed to bind DHCP server socket: Address already in use; find the program that "
                "uses the port by `ss -lunp`, and keep it off cloudnet's bridges"
            ),
        ),
        (
            "echo first; echo 'dnsmasq: bad option' >&2; exit 1",
            "bad option; see dnsmasq_config_file and the networks' DNS servers",
        ),
        ("exit 3", "exit status 3; see dnsmasq_config_file and the networks' DNS servers"),
    ],
)
def test_its_last_line_and_a_remedy_are_the_error(
    limit_file: Path, script: str, error: str
) -> None:
    with pytest.raises(KernelRefused) as refused:
        run(script, limit_file)

    assert str(refused.value) == f"{DNSMASQ}: {error}"


@pytest.mark.parametrize("option", ["no-daemon", " keep-in-foreground  # to see it"])
def test_a_file_with_which_dnsmasq_would_not_detach_is_named_without_a_start(
    option: str, limit_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "more.conf"
    file.write_text(f"cache-size=10\n#no-daemon\n{option}\n")
    desired = replace(DNSMASQ, arguments=("no-such-program", f"--conf-file={file}"))

    with pytest.raises(KernelRefused) as refused:
        start_dnsmasq(desired, {}, InotifyLimit(limit_file))

    name = option.split(maxsplit=1)[0]
    assert str(refused.value) == (
        f"{desired}: {name} at line 3 of {file}: dnsmasq must detach; see "
        "dnsmasq_config_file and the networks' DNS servers"
    )
