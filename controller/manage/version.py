"""``version``: print the installed version."""

from __future__ import annotations

import argparse
from importlib.metadata import version

from cliff.command import Command


class Version(Command):
    """Print the version of cloudnet."""

    def take_action(self, args: argparse.Namespace) -> int:
        """Print it."""
        del args
        self.app.stdout.write(f"{version('cloudnet')}\n")
        return 0
