"""What a program's ``main`` calls first: its settings, or one line that says what is wrong."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from oslo_config import cfg
from oslo_log import log

from cloudnet.common import logs
from cloudnet.common.errors import ConfigurationError
from cloudnet.common.settings import host_facts, libraries
from cloudnet.common.settings.check import Verdict
from cloudnet.common.settings.command_line import take_apart
from cloudnet.common.settings.contradictions import refuse_contradictions
from cloudnet.common.settings.derive import agent_settings, controller_settings
from cloudnet.common.settings.fill import fill, register
from cloudnet.common.settings.options import SHARED
from cloudnet.common.settings.read import report
from cloudnet.common.settings.views import AgentSettings, ControllerSettings

LOG = logging.getLogger(__name__)


def load_controller(
    argv: Sequence[str], prog: str, cli: Sequence[cfg.Opt] = ()
) -> tuple[cfg.ConfigOpts, ControllerSettings]:
    """Return the global configuration, filled, and what the controller is told by it.

    ``cli`` are further options for the command line.

    :raises ConfigurationError: something is wrong; its text is the one line to stop with
    """
    verdict = _fill_global(argv, prog, cli)
    return cfg.CONF, controller_settings(cfg.CONF, verdict)


def load_agent(
    argv: Sequence[str], prog: str, cli: Sequence[cfg.Opt] = ()
) -> tuple[cfg.ConfigOpts, AgentSettings]:
    """Return the global configuration, filled, and what the agent is told by it.

    As :func:`load_controller`.
    """
    verdict = _fill_global(argv, prog, cli)
    return cfg.CONF, agent_settings(cfg.CONF, verdict, _dhcpbridge(cfg.CONF, verdict))


def _fill_global(argv: Sequence[str], prog: str, cli: Sequence[cfg.Opt]) -> Verdict:
    logs.hold_early_records()
    line = take_apart(argv, prog)
    conf = cfg.CONF
    conf.reset()
    log.register_options(conf)
    conf.register_cli_opts(cli)
    for group, options in libraries.options_of(libraries.MESSAGING).items():
        conf.register_opts(options, group=None if group == "DEFAULT" else group)
    for shared in SHARED:
        if shared.default is not None:
            conf.set_default(shared.dest, shared.default)
    register(conf)
    verdict = fill(conf, line.files, line.rest, prog, _version())
    report(verdict)
    refuse_contradictions(conf, verdict)
    return verdict


def _dhcpbridge(conf: cfg.ConfigOpts, verdict: Verdict) -> Path:
    """Return the lease script that dnsmasq shall run: the configured one, or ours in its place."""
    configured: str | None = conf.dhcpbridge
    if configured is not None:
        path = Path(configured)
        if path.is_file() and not path.resolve().name.startswith("nova-dhcpbridge"):
            return path
    own = host_facts.own_dhcpbridge()
    if own is None:
        raise ConfigurationError(
            f"{host_facts.DHCPBRIDGE} is neither beside {sys.executable} nor on PATH; install "
            "cloudnet whole, or name the program in [DEFAULT] dhcpbridge"
        )
    origin = verdict.origin("DEFAULT", "dhcpbridge")
    if configured is not None and origin is not None:
        reason = "is nova's" if Path(configured).is_file() else "is not there"
        LOG.info("%s: dhcpbridge = %s %s; %s is used", origin.where, configured, reason, own)
    return own


def _version() -> str:
    try:
        return version("cloudnet")
    except PackageNotFoundError:  # run from a tree that was never installed
        return "unknown"
