"""SIGHUP: read the configuration again, and log as it says now.

Everything else in the configuration takes effect at a restart; the record names what that is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from oslo_config import cfg

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.logs import set_up_logging
from cloudnet.common.settings.load import read_daemon
from cloudnet.common.settings.options import SHARED, WITH_EFFECT

LOG = logging.getLogger(__name__)


def reload_logging(argv: Sequence[str], prog: str) -> None:
    """Log at the levels and to the destinations that the configuration names now.

    A wrong configuration changes nothing.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        conf = read_daemon(argv, prog)
        set_up_logging(conf, prog)
    except ConfigurationError as error:
        root.handlers[:] = handlers
        root.setLevel(level)
        LOG.warning("SIGHUP: nothing was changed: %s", error)
        return
    for handler in handlers:
        handler.close()
    changed = ", ".join(_list_changed(cfg.CONF, conf))
    LOG.info(
        "SIGHUP: read the configuration again; log level %s%s",
        logging.getLevelName(root.level),
        f"; needs a restart: {changed}" if changed else "",
    )


def _list_changed(before: cfg.ConfigOpts, after: cfg.ConfigOpts) -> Iterator[str]:
    """Yield the options other than those of logging whose values differ."""
    for group, options in WITH_EFFECT.items():
        for option in (*options, *(SHARED if group == "DEFAULT" else ())):
            if _get(before, group, option.dest) != _get(after, group, option.dest):
                yield f"[{group}] {option.dest}"


def _get(conf: cfg.ConfigOpts, group: str, name: str) -> object:
    return conf[name] if group == "DEFAULT" else conf[group][name]
