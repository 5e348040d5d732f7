"""``version``: print the installed version."""

from __future__ import annotations

import argparse
from importlib.metadata import version

from cloudnet.controller.manage.command_kinds import ManageCommand


class Version(ManageCommand):
    """Print the version of cloudnet."""

    def take_action(self, args: argparse.Namespace) -> int:
        """Print it."""
        del args
        self.app.stdout.write(f"{version('cloudnet')}\n")
        return 0
