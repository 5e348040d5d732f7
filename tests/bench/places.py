"""Where measures take place: a site with daemons, or a workshop that makes bare nodes."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.site import Site
from tests.bench.workshop import Workshop


class Places:
    """Each place is made when a measure first needs it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._site_stack = ExitStack()
        self._site: Site | None = None
        self._workshop: Workshop | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close_site()

    @property
    def site(self) -> Site:
        """The site; measures that use it one after the other share its daemons."""
        if self._site is None:
            directory = self._directory / "site"
            directory.mkdir()
            self._site = self._site_stack.enter_context(Site(directory))
        return self._site

    @property
    def workshop(self) -> Workshop:
        """The workshop; the site's daemons end, so that they do not disturb what is measured."""
        self._close_site()
        if self._workshop is None:
            directory = self._directory / "nodes"
            directory.mkdir()
            self._workshop = Workshop(directory)
        return self._workshop

    def _close_site(self) -> None:
        self._site = None
        self._site_stack.close()
