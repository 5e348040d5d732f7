"""What only cloudnet has, in a group of its own so that nova never meets it."""

from __future__ import annotations

from oslo_config import cfg

OWN: tuple[cfg.Opt, ...] = (
    cfg.IntOpt(
        "resync_interval",
        default=3,
        min=1,
        help="Seconds between an agent's looks at its kernel when nothing is known to have "
        "changed. What others have broken and the kernel does not announce (a flushed iptables "
        "chain) is repaired within this time.",
    ),
    cfg.ListOpt(
        "ignored_options",
        default=[],
        help="Names in [DEFAULT], separated by commas, that another program reads from the same "
        "file and cloudnet should pass over. Needed only for names that neither cloudnet nor "
        "nova know; without it, an unknown name stops the program, so that a slip of the pen is "
        "found.",
    ),
)
