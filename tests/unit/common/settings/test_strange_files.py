"""A file that is probably the wrong one is named; nova.conf and its parts are not."""

from __future__ import annotations

import logging

import pytest

from cloudnet.common import logs
from cloudnet.common.settings.load import load_agent, read_controller
from tests.unit.common.conftest import Write

UNIT = "[Unit]\nDescription = a service\n[Service]\nExecStart = /usr/bin/true\n"


def list_strange(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    return [line for line in lines if "is it the right file?" in line]


def test_a_file_of_another_kind_is_named_once_by_every_program(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    file = write(UNIT)
    line = f"{file}: has no option of cloudnet's or nova's; is it the right file?"

    read_controller([file], "cloudnet-manage")
    by_command = list_strange(caplog)
    caplog.clear()
    load_agent(["--config-file", str(file)], "cloudnet-agent")
    logs.flush_early_records()

    assert by_command == [line]
    assert list_strange(caplog) == [line]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# vlan_start = 100\n",
        f"{UNIT}[DEFAULT]\nvlan_start = 200\n",
        "[DEFAULT]\ncompute_driver = libvirt.LibvirtDriver\n",
        "[vnc]\nenabled = true\n",
        "[keystone_authtoken]\nusername = nova\n",
        "[oslo_concurrency]\nlock_path = /run/lock\n",
        "[oslo_messaging_rabbit]\nssl = true\n",
        "[cloudnet]\nignored_options = mine\n[DEFAULT]\nmine = 1\n",
    ],
)
def test_a_part_of_nova_conf_is_no_file_of_another_kind(
    write: Write, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    read_controller([write(text)], "cloudnet-manage")

    assert list_strange(caplog) == []
