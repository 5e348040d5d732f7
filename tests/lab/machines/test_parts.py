"""The small parts of the machines: the image of the guests, the output of pings."""

from pathlib import Path

import pytest

from tests.fixtures.busybox import find_busybox
from tests.lab.machines.guest_image import build_image
from tests.lab.machines.host import Host
from tests.lab.machines.pings import Pings, read_pings


@pytest.mark.parametrize(
    "summary",
    [
        "5 packets transmitted, 4 packets received, 20% packet loss",
        "5 packets transmitted, 4 received, 20% packet loss, time 4ms",
    ],
)
def test_the_summaries_of_both_pings_are_parsed(summary: str) -> None:
    assert read_pings(f"--- 10.0.0.1 ping statistics ---\n{summary}\n") == Pings(5, 4)


def test_output_without_a_summary_does_not_count_as_lost_pings() -> None:
    with pytest.raises(AssertionError, match="no summary of a ping in: ping: not found"):
        read_pings("ping: not found\n")


def test_the_image_is_a_cpio_archive_with_the_guests_files(lab: Host, directory: Path) -> None:
    image = build_image(directory)

    list_rows = lab.sh(f"{find_busybox()} cpio -t <{image.initramfs}").split()

    assert {"init", "bin/busybox", "etc/dhcp-event"} <= set(list_rows)
    assert any(name.endswith("virtio_net.ko") for name in list_rows)
