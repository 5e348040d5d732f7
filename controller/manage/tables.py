"""The configured database's tables, for the ``db`` commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cloudnet.common.errors import DatabaseUnavailable
from cloudnet.common.settings.load import read_controller
from cloudnet.controller.db import schema
from cloudnet.controller.db.engine import get_sqlite_file


class Tables:
    """Where the database stands, and how it gets to where this version is."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._url = read_controller(files, "cloudnet-manage").database
        self._file = get_sqlite_file(self._url)

    def head(self) -> str:
        """Return the form that this version works with."""
        return schema.head()

    def trouble(self) -> str | None:
        """Return why this version cannot work with the tables, and what to do; None: it can."""
        return schema.trouble(self.current(), schema.head(), schema.known())

    def start(self) -> str | None:
        """Return the form that the tables would be brought to this version's from.

        :raises DatabaseUnavailable: this version knows no way from it
        """
        found = self.current()
        schema.require_known(found)
        return found

    def current(self) -> str | None:
        """Return the form that the tables have; None: there are none.

        :raises DatabaseUnavailable: the database does not answer
        """
        if self._file is not None and not self._file.exists():
            return None  # asking SQLite would make an empty file
        with self._translated():
            return schema.current(self._url)

    def upgrade(self) -> None:
        """Bring the tables to this version's form, and make an SQLite file's directory."""
        with self._translated():
            if self._file is not None:
                self._file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            schema.upgrade(self._url)

    def differences(self) -> list[str]:
        """Return how the tables differ from this version's form, a line for each."""
        with self._translated():
            return schema.check(self._url)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DatabaseUnavailable(
                f"{error.filename}: {error.strerror}; see [database] connection or state_path"
            ) from error
