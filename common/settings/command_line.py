"""Which files a program reads: what its command line says, or the usual places.

We read the files ourselves, so their names are taken off the command line before oslo.config sees
the rest of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.settings import files

USUAL = (Path("/etc/nova/nova.conf"), Path("/etc/cloudnet/nova.conf"))
"""Read when no file is named, as far as they exist; what the second says goes before the first."""


@dataclass(frozen=True)
class CommandLine:
    """A command line taken apart."""

    files: tuple[Path, ...]
    rest: tuple[str, ...]  # what is not about files


def take_apart(argv: Sequence[str], prog: str) -> CommandLine:
    """Return the files to read and the rest of the command line.

    An option about files that lacks its value is wrong usage, and ends the program as argparse
    does.

    :raises ConfigurationError: a directory is not there
    """
    parser = argparse.ArgumentParser(prog=prog, add_help=False, allow_abbrev=False)
    parser.add_argument("--config-file", action="append", type=Path, default=[])
    parser.add_argument("--config-dir", action="append", type=Path, default=[])
    known, rest = parser.parse_known_args(argv)
    named = [*known.config_file, *files.in_directories(known.config_dir)]
    return CommandLine(tuple(named or usual_files()), tuple(rest))


def usual_files() -> list[Path]:
    """Return the files that are read when none is named.

    :raises ConfigurationError: whether one is there cannot be known
    """
    try:
        return [file for file in USUAL if file.exists()]
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename}: {error.strerror}; run it as a user who may read it, or name "
            "another file by --config-file"
        ) from error
