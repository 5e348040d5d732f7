"""Load a program's settings, or refuse the configuration with one line for each error.

``load_controller`` and ``load_agent`` are for daemons: they fill the global ``cfg.CONF``, which
oslo.messaging needs (docs/decisions/0013), and register the libraries' options.
``read_controller`` is for a command that runs once: it imports none of the libraries that only
daemons need, which takes longer than most commands run, and touches nothing global.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from oslo_config import cfg

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.settings import fill, host_facts
from cloudnet.common.settings.check import Checked, check_assignments, format_ignored_options
from cloudnet.common.settings.contradictions import check_contradictions
from cloudnet.common.settings.derive import derive_agent_settings, derive_controller_settings
from cloudnet.common.settings.files import list_default_files, parse_command_line, read_assignments
from cloudnet.common.settings.needed_files import check_files
from cloudnet.common.settings.option_index import MESSAGING_LIBRARY, is_own, list_library_options
from cloudnet.common.settings.options import SHARED
from cloudnet.common.settings.options.readers import Program, is_read_by
from cloudnet.common.settings.strange_files import describe_strange_files
from cloudnet.common.settings.views import AgentSettings, ControllerSettings

LOG = logging.getLogger(__name__)


def load_controller(
    argv: Sequence[str], prog: str, cli: Sequence[cfg.Opt] = ()
) -> tuple[cfg.ConfigOpts, ControllerSettings]:
    """Fill the global configuration; return it and the controller's settings.

    :param cli: further options of the command line
    :raises ConfigurationError: something in the configuration is wrong
    """
    checked = _load_global(argv, prog, Program.CONTROLLER, cli)
    return cfg.CONF, derive_controller_settings(cfg.CONF, checked)


def load_agent(
    argv: Sequence[str], prog: str, cli: Sequence[cfg.Opt] = ()
) -> tuple[cfg.ConfigOpts, AgentSettings]:
    """Fill the global configuration; return it and the agent's settings.

    As :func:`load_controller`.
    """
    checked = _load_global(argv, prog, Program.AGENT, cli)
    return cfg.CONF, derive_agent_settings(cfg.CONF, checked, _find_dhcpbridge(cfg.CONF, checked))


def read_controller(files: Sequence[Path], prog: str) -> ControllerSettings:
    """Return the controller's settings in the files, for a command that runs once.

    :param files: none: the default files
    :raises ConfigurationError: something in them is wrong
    """
    conf = cfg.ConfigOpts()
    fill.register(conf)
    conf.register_opts(list(SHARED))
    checked = _read_into(conf, list(files) or list_default_files(), (), prog, Program.CONTROLLER)
    _log_lines(logging.WARNING, checked.strange_files)
    _log_lines(logging.DEBUG, [*checked.warnings, *checked.notes])
    return derive_controller_settings(conf, checked)


def read_daemon(argv: Sequence[str], prog: str) -> cfg.ConfigOpts:
    """Return a daemon's configuration as the files and the command line are now.

    The global configuration, with which the daemon runs, is not changed.

    :raises ConfigurationError: something in the configuration is wrong
    """
    conf = cfg.ConfigOpts()
    _load(conf, argv, prog, Program(prog), ())
    return conf


def _load_global(
    argv: Sequence[str], prog: str, program: Program, cli: Sequence[cfg.Opt]
) -> Checked:
    from cloudnet.common import logs  # noqa: PLC0415 - for daemons only

    logs.buffer_early_records()
    cfg.CONF.reset()
    checked = _load(cfg.CONF, argv, prog, program, cli)
    _log_lines(logging.WARNING, [*checked.strange_files, *checked.warnings, *checked.notes])
    return checked


def _load(
    conf: cfg.ConfigOpts,
    argv: Sequence[str],
    prog: str,
    program: Program,
    cli: Sequence[cfg.Opt],
) -> Checked:
    from oslo_log import log  # noqa: PLC0415 - for daemons only

    line = parse_command_line(argv, prog)
    log.register_options(conf)
    conf.register_cli_opts(list(cli))
    for group, options in list_library_options(MESSAGING_LIBRARY).items():
        conf.register_opts(options, group=None if group == "DEFAULT" else group)
    for shared in SHARED:
        if shared.default is not None:
            conf.set_default(shared.dest, shared.default)
    fill.register(conf)
    return _read_into(conf, line.files, line.rest, prog, program)


def _read_into(
    conf: cfg.ConfigOpts,
    files: Sequence[Path],
    arguments: Sequence[str],
    prog: str,
    program: Program,
) -> Checked:
    """Read the files and the arguments into ``conf``, in which all options are registered."""
    asks_for_help = bool({"-h", "--help", "--version"} & set(arguments))
    assignments = [] if asks_for_help else read_assignments(files)
    checked = check_assignments(assignments, program)
    checked.strange_files += describe_strange_files(files, assignments, checked)
    checked.accepted = fill.add_referred(conf, checked.accepted, checked.ignored)
    fill.fill(conf, checked.accepted, arguments, prog, _version())
    checked.errors += fill.check_references(
        conf, checked.accepted, functools.partial(_reads, program)
    )
    if program is Program.CONTROLLER and not checked.errors:
        checked.errors += check_contradictions(conf, checked)
    if program is Program.AGENT:
        checked.errors += check_files(conf, checked)
    _refuse(checked)
    for other in checked.ignored:
        LOG.debug("%s: [%s] %s: ignored: another program's", other.place, other.group, other.name)
    return checked


def _reads(program: Program, group: str, name: str) -> bool:
    return not is_own(group, name) or is_read_by(program, group, name)


def _refuse(checked: Checked) -> None:
    """Report all errors at once, with an assignment that makes unknown names accepted."""
    lines = list(checked.errors)
    if len(checked.unknown) > 1:
        ready = format_ignored_options(checked, checked.unknown)
        lines.append(f"to accept all names that other programs read here, add: {ready}")
    if lines:
        raise ConfigurationError("\n".join(lines))


def _log_lines(level: int, lines: Sequence[str]) -> None:
    for line in lines:
        LOG.log(level, "%s", line)


def _find_dhcpbridge(conf: cfg.ConfigOpts, checked: Checked) -> Path:
    """Return the lease script for dnsmasq: the configured one if it exists and is not nova's."""
    configured: str | None = conf.dhcpbridge
    reason: str | None = None
    if configured is not None:
        path = Path(configured).absolute()  # dnsmasq runs it in another directory
        reason = _explain_unusable(path)
        if reason is None:
            return path
    own = host_facts.find_own_dhcpbridge()
    if own is None:
        raise ConfigurationError(
            f"{host_facts.DHCPBRIDGE} is neither beside {sys.executable} nor on PATH; install "
            "all of cloudnet, or name the program in [DEFAULT] dhcpbridge"
        )
    origin = checked.find_origin("DEFAULT", "dhcpbridge")
    if reason is not None and origin is not None:
        LOG.info("%s: dhcpbridge = %s %s; using %s", origin.place, configured, reason, own)
    return own


def _explain_unusable(dhcpbridge: Path) -> str | None:
    """Return why dnsmasq cannot run the lease script, None if it can."""
    if not dhcpbridge.is_file():
        return "does not exist"
    if dhcpbridge.resolve().name.startswith("nova-dhcpbridge"):
        return "is nova's"
    return None if os.access(dhcpbridge, os.X_OK) else "is not executable"


def _version() -> str:
    try:
        return version("cloudnet")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "unknown"
