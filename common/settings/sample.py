"""Every option with its help, for oslo-config-generator."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common import logs
from cloudnet.common.settings import libraries
from cloudnet.common.settings.options import GROUPS, SHARED
from cloudnet.common.settings.options.wording import NO_EFFECT


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return every option by group, for oslo-config-generator: those with an effect first."""
    groups = {group: sorted(options, key=_has_no_effect) for group, options in GROUPS.items()}
    acting = [option for option in groups["DEFAULT"] if not _has_no_effect(option)]
    inert = [option for option in groups["DEFAULT"] if _has_no_effect(option)]
    groups["DEFAULT"] = [*acting, *SHARED, *_log_options(), *inert]
    return list(groups.items())


def _has_no_effect(option: cfg.Opt) -> bool:
    return NO_EFFECT in option.help


def _log_options() -> list[cfg.Opt]:
    options = libraries.options_of(libraries.LOG).get("DEFAULT", [])
    for option in options:
        option.default = logs.DEFAULTS.get(option.dest, option.default)
        if option.dest == "use_stderr":
            option.sample_default = "<true, unless a file or the journal is named>"
    return options
