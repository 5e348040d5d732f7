import socket
from pathlib import Path

import pytest

from cloudnet.agent.sd_notify import notify_ready


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_notified_that_the_network_is_ready(tmp_path: Path, abstract: bool) -> None:
    path = f"@{tmp_path}" if abstract else f"{tmp_path}/notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path.replace("@", "\0"))
        systemd.settimeout(2)

        notify_ready({"NOTIFY_SOCKET": path})

        assert systemd.recv(64) == b"READY=1"


def test_no_socket_is_no_error_and_a_broken_one_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notify_ready({})
    assert caplog.text == ""

    notify_ready({"NOTIFY_SOCKET": f"{tmp_path}/gone"})
    assert "cannot notify systemd" in caplog.text
