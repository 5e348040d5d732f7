"""What the lab's tests share: a directory open to every user, and the logs of a failure."""

import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.lab.cloud.cloud import Cloud
from tests.lab.machines.host import Host, open_lab_host


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    """A directory that a node's dnsmasq, an unprivileged user, can reach."""
    with tempfile.TemporaryDirectory(prefix="cloudnet-lab-", dir="/var/tmp") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


@pytest.fixture(scope="module")
def lab() -> Iterator[Host]:
    """The lab's own host: the isolation that the tests run in."""
    with open_lab_host() as host:
        yield host


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the daemons' warnings and errors to the report of a failure."""
    report = yield
    story = getattr(item, "funcargs", {}).get("story")
    cloud = getattr(story, "cloud", None)
    if report.failed and isinstance(cloud, Cloud):
        report.sections.append(("warnings of the daemons", cloud.format_warnings()))
    return report
