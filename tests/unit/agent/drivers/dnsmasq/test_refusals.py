"""What an agent remembers of arguments that dnsmasq refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloudnet.agent.drivers.dnsmasq.refusals import Attempt, Refusals
from cloudnet.agent.node.resources.dnsmasq import Refusal

OLD = ("dnsmasq", "--conf-file=")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "more.conf"
    file.write_text("wrong\n")
    return file


@pytest.fixture
def new(file: Path) -> tuple[str, ...]:
    return ("dnsmasq", f"--conf-file={file}")


@pytest.fixture
def refusals(new: tuple[str, ...]) -> Refusals:
    refusals = Refusals()
    refusals.add("br100", Attempt.begin(new), OLD, "bad option")
    return refusals


def test_a_refusal_holds_while_the_operators_file_is_the_same(
    refusals: Refusals, new: tuple[str, ...]
) -> None:
    refusals.record_serving("br100", OLD)

    assert not refusals.has_outdated()
    assert refusals.get_refusal("br100") == Refusal(new, OLD, "bad option")
    assert refusals.get_refusal("br101") is None


@pytest.mark.parametrize("is_gone", [True, False])
def test_it_ends_when_the_file_changes(refusals: Refusals, file: Path, is_gone: bool) -> None:
    file.unlink()
    if not is_gone:
        file.write_text("cache-size=10\n")

    assert refusals.has_outdated()
    assert refusals.get_refusal("br100") is None
    assert not refusals.has_outdated()


def test_it_ends_when_the_arguments_serve_after_all(
    refusals: Refusals, new: tuple[str, ...]
) -> None:
    refusals.record_serving("br100", new)

    assert refusals.get_refusal("br100") is None
    assert refusals.get_former("br100") == new


def test_without_a_file_it_holds(refusals: Refusals) -> None:
    refusals.add("br100", Attempt.begin(("dnsmasq", "--conf-file=")), OLD, "bad option")

    assert not refusals.has_outdated()
    assert refusals.get_refusal("br100") is not None


def test_a_removed_bridge_is_forgotten(refusals: Refusals) -> None:
    refusals.record_serving("br100", OLD)

    refusals.forget("br100")

    assert refusals.get_refusal("br100") is None
    assert refusals.get_former("br100") is None
