import os
import socket
from pathlib import Path

from tests.lab.quickstart.attach import relay


def test_the_exit_status_is_read_although_the_cloud_has_closed_the_connection() -> None:
    near, far = socket.socketpair()
    far.sendall(b'{"exit": 4}\n')
    far.close()

    with near, Path(os.devnull).open() as keyboard:
        assert relay(near, keyboard.fileno(), begin=lambda: None) == 4
