"""Which assignments do not count, because a later one sets the same option."""

from __future__ import annotations

from collections.abc import Sequence

from cloudnet.common.settings.files import Assignment
from cloudnet.common.settings.option_index import find_option


def find_overriding(assignments: Sequence[Assignment]) -> dict[int, Assignment]:
    """Return for the index of each assignment without effect the later one that overrides it.

    Within one file only the same name counts: there, the current name overrides a former one
    whichever is later.
    """
    found: dict[int, Assignment] = {}
    later: dict[tuple[str, str], Assignment] = {}
    for index in reversed(range(len(assignments))):
        assignment = assignments[index]
        entry = find_option(assignment.group, assignment.name)
        if entry is None or entry.option.multi:
            continue
        option = (entry.group, entry.option.dest)
        other = later.setdefault(option, assignment)
        if other is not assignment and _overrides(other, assignment):
            found[index] = other
    return found


def _overrides(later: Assignment, earlier: Assignment) -> bool:
    is_same_name = (later.written_group, later.written_name) == (
        earlier.written_group,
        earlier.written_name,
    )
    return is_same_name or later.file != earlier.file
