"""Find files that other programs need and that they could not read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from oslo_config import cfg

from cloudnet.common.settings.check import Checked
from cloudnet.common.settings.describe import format_assignment
from cloudnet.common.settings.option_index import find_option

NAMES = ("dnsmasq_config_file",)  # of options in [DEFAULT]


def check_files(conf: cfg.ConfigOpts, checked: Checked) -> list[str]:
    """Return an error for each file of the agent's options that cannot be read."""
    return [error for name in NAMES if (error := _check(conf, checked, name)) is not None]


def _check(conf: cfg.ConfigOpts, checked: Checked, name: str) -> str | None:
    origin, entry = checked.find_origin("DEFAULT", name), find_option("DEFAULT", name)
    if origin is None or entry is None:
        return None
    try:
        file = conf[name]
    except (cfg.Error, ValueError, RecursionError):
        return None  # a wrong reference, which is an error of its own
    fault = explain_unreadable(Path(file)) if file is not None else None
    if fault is None:
        return None
    remedy = "create it, or leave the option empty"
    return f"{format_assignment(origin, entry.option)}: {file} {fault}; {remedy}"


def explain_unreadable(file: Path) -> str | None:
    """Return why the file cannot be read, None if it can."""
    try:
        mode = file.stat().st_mode
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):
        return "is not a file"
    return None if os.access(file, os.R_OK) else "cannot be read (Permission denied)"
