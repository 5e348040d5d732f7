"""What the lab's tests share: a directory open to every user, and the logs of a failure."""

import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.lab.cloud.cloud import Cloud
from tests.lab.machines.host import Place, here


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    """A directory whose parents let a node's dnsmasq through, which is an ordinary user."""
    with tempfile.TemporaryDirectory(prefix="cloudnet-lab-", dir="/var/tmp") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path


@pytest.fixture(scope="module")
def lab() -> Iterator[Place]:
    """The lab's own side of the isolation."""
    with here() as place:
        yield place


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the daemons complained about to the report of a failure."""
    report = yield
    story = getattr(item, "funcargs", {}).get("story")
    cloud = getattr(story, "cloud", None)
    if report.failed and isinstance(cloud, Cloud):
        report.sections.append(("the daemons' complaints", cloud.complaints()))
    return report
