import threading

import pytest

from cloudnet.agent.worker import Worker


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_raises_has_failed_and_calls_on_failure() -> None:
    stop = threading.Event()

    def fail() -> None:
        raise OSError("No space left on device")

    worker = Worker("worker", fail, stop.set)
    worker.start()
    worker.join()

    assert worker.failed
    assert stop.is_set()


def test_a_worker_that_returns_has_not_failed() -> None:
    stop, done = threading.Event(), threading.Event()

    worker = Worker("worker", done.set, stop.set)
    worker.start()
    worker.join()

    assert done.is_set()
    assert not worker.failed
    assert not stop.is_set()


def test_a_worker_that_was_not_started_can_be_joined() -> None:
    worker = Worker("worker", lambda: None, lambda: None)

    worker.join()

    assert not worker.failed
