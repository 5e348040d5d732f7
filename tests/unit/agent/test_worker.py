"""How the agent's parts live and end together."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from cloudnet.agent.main import _turning


def loop(run: Any) -> Any:
    return SimpleNamespace(run=run)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_agent_whose_loop_is_dead_ends() -> None:
    stop = threading.Event()

    def dies(stop: threading.Event) -> None:
        raise OSError("No space left on device")

    with _turning(loop(dies), stop, stop.set) as broken:
        assert stop.wait(5)
        assert broken.is_set()


def test_the_loop_has_ended_before_what_it_works_with_is_closed() -> None:
    stop = threading.Event()
    turned: list[str] = []

    def turns(stop: threading.Event) -> None:
        stop.wait(5)
        turned.append("to the end")

    def leave() -> None:
        with _turning(loop(turns), stop, stop.set):
            raise RuntimeError("whatever happens")

    with pytest.raises(RuntimeError):
        leave()

    assert turned == ["to the end"]
