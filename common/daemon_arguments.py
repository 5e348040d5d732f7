"""The command line of a daemon, checked before any library is imported. Standard library only.

The options are those of oslo.log and oslo.config, which parse the same words again when the
configuration is read; a test compares the two.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from cloudnet.common.usage import OneLineParser, get_version

_VALUES = (
    (
        ("--config-file",),
        "FILE",
        "configuration file; may be given more than once, later ones override earlier ones",
    ),
    (("--config-dir",), "DIR", "also read *.conf in this directory, after the files"),
    (("--log-file", "--logfile"), "FILE", "log to this file instead of stderr"),
    (("--log-dir", "--logdir"), "DIR", "log to a file in this directory instead of stderr"),
    (
        ("--log-config-append", "--log-config", "--log_config"),
        "FILE",
        "take all of logging from this file, in the format of Python's logging.config",
    ),
    (("--log-date-format",), "FORMAT", "format of the time in log records"),
    (("--syslog-log-facility",), "FACILITY", "syslog facility of log records"),
)

_SWITCHES = (
    ("debug", ("-d",), "log from level DEBUG instead of INFO"),
    ("use-journal", (), "log to systemd's journal"),
    ("use-json", (), "log in JSON"),
    ("use-syslog", (), "log to syslog"),
)


def build_parser(name: str, description: str) -> OneLineParser:
    """Return the parser of a daemon's command line."""
    parser = OneLineParser(prog=name, description=description, allow_abbrev=False)
    for names, metavar, text in _VALUES:
        parser.add_argument(*names, metavar=metavar, help=text)
    for switch, short, text in _SWITCHES:
        parser.add_argument(*short, f"--{switch}", action="store_true", help=text)
        parser.add_argument(f"--no{switch}", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--version", action="version", version=f"{name} {get_version()}")
    return parser


def check_arguments(name: str, description: str, argv: Sequence[str]) -> None:
    """Exit if the command line is wrong, or if it asks for help or the version."""
    build_parser(name, description).parse_args(argv)
