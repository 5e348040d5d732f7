"""Build the manual pages from docs/operators; everything else is in setup.cfg."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build import build
from setuptools.command.sdist import sdist

TOP = Path(__file__).resolve().parent
sys.path.insert(0, str(TOP / "tools"))

from manpage import build_pages  # noqa: E402 - a tool of ours, not a library


class BuildWithPages(build):
    """Builds the pages, and has them installed below ``share/man``."""

    def run(self) -> None:
        """Build."""
        directory = Path(self.build_base) / "man"
        for page in build_pages(directory, self.distribution.get_version()):
            target = f"share/man/man{page.suffix[1:]}"
            self.distribution.data_files.append((target, [str(page)]))
        super().run()


class SdistWithPages(sdist):
    """Adds the pages to the source distribution, in ``man``."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Copy the files, and build the pages beside them."""
        super().make_release_tree(base_dir, files)
        build_pages(Path(base_dir) / "man", self.distribution.get_version())


setup(cmdclass={"build": BuildWithPages, "sdist": SdistWithPages})
