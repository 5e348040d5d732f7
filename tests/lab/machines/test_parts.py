"""The small parts of the machines: the image of the guests, the output of pings."""

from pathlib import Path

import pytest

from tests.fixtures.busybox import find_busybox
from tests.lab.machines.guest_image import build_image
from tests.lab.machines.host import Place
from tests.lab.machines.pings import Pings, read_pings


@pytest.mark.parametrize(
    "summary",
    [
        "5 packets transmitted, 4 packets received, 20% packet loss",
        "5 packets transmitted, 4 received, 20% packet loss, time 4ms",
    ],
)
def test_both_kinds_of_ping_are_understood(summary: str) -> None:
    assert read_pings(f"--- 10.0.0.1 ping statistics ---\n{summary}\n") == Pings(5, 4)


def test_a_ping_that_did_not_happen_is_no_lost_ping() -> None:
    with pytest.raises(AssertionError, match="there was no ping, but: ping: not found"):
        read_pings("ping: not found\n")


def test_the_guests_image_is_an_archive_that_the_kernel_takes(lab: Place, directory: Path) -> None:
    image = build_image(directory)

    listed = lab.sh(f"{find_busybox()} cpio -t <{image.initramfs}").split()

    assert {"init", "bin/busybox", "etc/dhcp-event"} <= set(listed)
    assert any(name.endswith("virtio_net.ko") for name in listed)
