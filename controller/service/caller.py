"""On whose behalf something is asked for, and whether that is allowed."""

from __future__ import annotations

from dataclasses import dataclass

from cloudnet.common.errors import Forbidden


@dataclass(frozen=True)
class Caller:
    """A caller, as its context says."""

    project: str | None  # None: nobody's in particular
    is_admin: bool

    def require_access(self, thing: str, project: str | None) -> None:
        """Refuse what is another project's.

        :raises Forbidden: the caller is neither an administrator nor of that project
        """
        if not self.is_admin and self.project != project:
            raise Forbidden(f"{thing} is not project {self.project}'s")


ADMIN = Caller(None, is_admin=True)
