"""Why the programs refuse a configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.settings.load import load_agent, load_controller, read_controller


def refusal(file: Path) -> str:
    """Return why the programs that read the wrong option refuse the file."""
    if controller := caught(load_controller, ["--config-file", str(file)], "cloudnet-controller"):
        assert caught(read_controller, [file], "cloudnet-manage") == controller
    agent = caught(load_agent, ["--config-file", str(file)], "cloudnet-agent")
    assert not (controller and agent) or controller == agent
    return (controller or agent).removeprefix(f"{file}:")


def caught(load: Callable[..., object], *arguments: object) -> str:
    """Return the message of the refusal, empty if there is none; other exceptions are bugs."""
    try:
        load(*arguments)
    except ConfigurationError as error:
        return str(error)
    return ""


def refuses(load: Callable[..., object], file: Path) -> bool:
    return caught(load, ["--config-file", str(file)], "cloudnet-test") != ""
