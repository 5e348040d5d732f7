"""Waiting for a broker: what is logged, and what is not."""

from __future__ import annotations

import socket
import threading

import pytest

from cloudnet.common import rpc


class StopAtFirstPause(threading.Event):
    """A stop event that is set as soon as somebody pauses on it."""

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        return super().wait(timeout)


def test_the_password_is_in_no_line(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"rabbit://user:geheim@127.0.0.1:{port}/"

    assert not rpc.wait_for_broker(url, StopAtFirstPause())

    [record] = caplog.records
    assert record.getMessage() == (
        f"cannot use the broker (no broker answers at 127.0.0.1:{port}: Connection refused; start "
        "it, or correct the transport URL); retrying every 0.5–30 s"
    )


def test_a_transport_within_the_process_is_not_waited_for() -> None:
    assert rpc.wait_for_broker("fake://", threading.Event())
