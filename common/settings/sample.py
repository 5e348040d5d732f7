"""Every option with its help, for oslo-config-generator."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common import logs
from cloudnet.common.settings.option_index import LOG_LIBRARY, list_library_options
from cloudnet.common.settings.options import GROUPS, SHARED, WITH_EFFECT, WITHOUT_EFFECT


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """Return every option by group, those with an effect first."""
    groups = {group: list(options) for group, options in GROUPS.items()}
    groups["DEFAULT"] = [
        *WITH_EFFECT["DEFAULT"],
        *SHARED,
        *_list_log_options(),
        *WITHOUT_EFFECT["DEFAULT"],
    ]
    return list(groups.items())


def _list_log_options() -> list[cfg.Opt]:
    options = list_library_options(LOG_LIBRARY).get("DEFAULT", [])
    for option in options:
        option.default = logs.DEFAULTS.get(option.dest, option.default)
        if option.dest == "use_stderr":
            option.sample_default = "<true, unless a file or the journal is configured>"
    return options
