"""A node on a fake kernel, with a clock that the test sets."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fixtures.agent.fake_kernel import FakeKernel
from tests.fixtures.agent.reconciler import Node


@contextmanager
def running(path: Path, kernel: FakeKernel | None = None) -> Iterator[Node]:
    """Yield a node whose loop runs in a thread, on the real clock."""
    node = Node(path, kernel, clock=time.monotonic)
    stop = threading.Event()
    thread = threading.Thread(target=node.reconciler.run, args=(stop,), daemon=True)
    thread.start()
    yield node
    stop.set()
    node.wakeup.host_changed()
    thread.join(5)
    assert not thread.is_alive()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)
