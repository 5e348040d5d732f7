"""The settings of a one-shot command: read fast, and nothing global is touched."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from oslo_config import cfg

from cloudnet.common.settings.check import Verdict
from cloudnet.common.settings.command_line import usual_files
from cloudnet.common.settings.contradictions import refuse_contradictions
from cloudnet.common.settings.derive import controller_settings
from cloudnet.common.settings.fill import fill, register
from cloudnet.common.settings.options import SHARED
from cloudnet.common.settings.views import ControllerSettings

LOG = logging.getLogger(__name__)


def read_controller(files: Sequence[Path], prog: str) -> ControllerSettings:
    """Return what the files (none: the usual ones) tell the controller, for a one-shot command.

    The libraries that daemons need are not imported: that would take longer than most commands.

    :raises ConfigurationError: something in them is wrong
    """
    conf = cfg.ConfigOpts()
    register(conf)
    conf.register_opts(SHARED)
    verdict = fill(conf, list(files) or usual_files(), (), prog, "")
    report(verdict)
    refuse_contradictions(conf, verdict)
    return controller_settings(conf, verdict)


def report(verdict: Verdict) -> None:
    """Tell the curious what was passed over."""
    for assignment in verdict.passed_over:
        LOG.debug(
            "%s: [%s] %s is another program's", assignment.where, assignment.group, assignment.name
        )
