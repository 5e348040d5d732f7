"""Callers of RPC methods, and what they may use."""

from __future__ import annotations

from dataclasses import dataclass

from cloudnet.common.errors import Forbidden


@dataclass(frozen=True)
class Caller:
    """A caller, as the context of the call describes it."""

    project: str | None  # None: no particular one
    is_admin: bool

    def require_access(self, what: str, project: str | None) -> None:
        """Refuse access to what belongs to another project.

        :raises Forbidden: the caller is neither an administrator nor of that project
        """
        if not self.is_admin and self.project != project:
            raise Forbidden(f"{what} does not belong to project {self.project}")


ADMIN = Caller(None, is_admin=True)
