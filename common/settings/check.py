"""Check assignments, and describe each error in one line.

A line names the place, the assignment, and what is right. All errors are collected, so that an
operator sees at once what a file needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from oslo_config import cfg, types

from cloudnet.common.settings import option_types, renames
from cloudnet.common.settings.describe import format_assignment, single_line
from cloudnet.common.settings.files import Assignment
from cloudnet.common.settings.option_index import (
    OptionEntry,
    find_option,
    find_similar_name,
    is_other_program_option,
    is_own,
)
from cloudnet.common.settings.options import HAS_NO_EFFECT, WORTH_A_WARNING
from cloudnet.common.settings.options.readers import Program, is_read_by
from cloudnet.common.settings.overriding import find_overriding


@dataclass
class Checked:
    """The assignments of all files by what they are; later ones override earlier ones."""

    accepted: list[tuple[OptionEntry, Assignment]] = field(default_factory=list)
    ignored: list[Assignment] = field(default_factory=list)  # other programs' options
    unknown: list[Assignment] = field(default_factory=list)  # nobody's, as far as is known
    ignored_names: tuple[str, ...] = ()  # [cloudnet] ignored_options
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)  # a value was corrected
    notes: list[str] = field(default_factory=list)  # an assignment has no effect
    strange_files: list[str] = field(default_factory=list)  # a file is probably the wrong one

    def find_origin(self, group: str, name: str) -> Assignment | None:
        """Return the assignment that sets the option, None if it has its default."""
        origin = None
        for entry, assignment in self.accepted:
            if (entry.group, entry.option.dest) == (group, name):
                origin = assignment
        return origin


def check_assignments(
    assignments: Iterable[Assignment], program: Program = Program.CONTROLLER
) -> Checked:
    """Return the assignments that are for cloudnet, under today's names, and what is wrong.

    :param program: a wrong value of an option that it does not read is only noted
    """
    checked = Checked()
    current = [_negate_flag(renames.rename(assignment)) for assignment in assignments]
    checked.ignored_names = _list_ignored_names(current)
    overriding = find_overriding(current)
    for index, assignment in enumerate(current):
        group, name = assignment.group, assignment.name
        entry = find_option(group, name)
        if entry is not None:
            _check_value(checked, program, entry, assignment, overriding.get(index))
        elif _is_ignored(checked, assignment) or is_other_program_option(group, name):
            _ignore(checked, program, assignment)
        else:
            if group != "cloudnet":
                checked.unknown.append(assignment)
            checked.errors.append(_describe_unknown(checked, assignment))
    checked.accepted = _prefer_current_names(checked.accepted)
    return checked


def _ignore(checked: Checked, program: Program, assignment: Assignment) -> None:
    """Ignore another program's option, and note it if it is about cloudnet's own database.

    The pools of connections to database and broker have the sizes that cloudnet needs.
    """
    checked.ignored.append(assignment)
    is_about_database = assignment.group == "database" or assignment.name.startswith("sql_")
    is_about_broker = assignment.group == renames.RABBIT_GROUP
    if _is_ignored(checked, assignment):
        return
    if is_about_broker or (is_about_database and program is Program.CONTROLLER):
        checked.notes.append(f"{format_assignment(assignment)}: has no effect in cloudnet.")


def format_ignored_options(checked: Checked, unknown: Sequence[Assignment]) -> str:
    """Return the assignment that makes unknown names accepted, besides those that are already."""
    names = [
        each.written_name
        if each.written_group == "DEFAULT"
        else f"{each.written_group}/{each.written_name}"
        for each in unknown
    ]
    all_names = dict.fromkeys([*checked.ignored_names, *names])
    return f"[cloudnet] ignored_options = {', '.join(map(single_line, all_names))}"


def _negate_flag(assignment: Assignment) -> Assignment:
    """Replace ``--noNAME`` of a flag file by ``--NAME=False``, of whichever service's option."""
    name = assignment.name.removeprefix("no")
    is_negation = (
        assignment.is_flag
        and assignment.value == "True"
        and name != assignment.name
        and find_option(assignment.group, assignment.name) is None
        and not is_other_program_option(assignment.group, assignment.name)
    )
    if not is_negation:
        return assignment
    entry = find_option(assignment.group, name)
    is_flag = entry is not None and isinstance(entry.option.type, types.Boolean)
    is_other = entry is None and is_other_program_option(assignment.group, name)
    if not (is_flag or is_other):
        return assignment
    return replace(assignment, name=name, value="False")


def _list_ignored_names(assignments: Iterable[Assignment]) -> tuple[str, ...]:
    names: tuple[str, ...] = ()
    for assignment in assignments:
        if (assignment.group, assignment.name) == ("cloudnet", "ignored_options"):
            words = (name.strip() for name in assignment.value.replace("\n", ",").split(","))
            names = tuple(word for word in words if word)
    return names


def _is_ignored(checked: Checked, assignment: Assignment) -> bool:
    name = assignment.written_name
    if assignment.written_group == "DEFAULT" and name in checked.ignored_names:
        return True
    return f"{assignment.written_group}/{name}" in checked.ignored_names


def _check_value(
    checked: Checked,
    program: Program,
    entry: OptionEntry,
    assignment: Assignment,
    overriding: Assignment | None,
) -> None:
    option, place = entry.option, (entry.group, entry.option.dest)
    if place in HAS_NO_EFFECT:
        checked.accepted.append((entry, assignment))
        _note_no_effect(checked, entry, assignment)
        return
    if not is_own(*place):
        assignment = _clamp(checked, option, assignment)
    error = _describe_wrong_value(option, assignment)
    if error is None:
        checked.accepted.append((entry, assignment))
        checked.warnings += _describe_corrections(option, assignment)
    elif overriding is not None:
        checked.notes.append(f"{error}; ignored: {overriding.place} overrides it")
    elif not is_own(*place) or is_read_by(program, *place):
        checked.errors.append(error)
    else:
        checked.notes.append(f"{error}; ignored: {program.value} does not read this option")


def _clamp(checked: Checked, option: cfg.Opt, assignment: Assignment) -> Assignment:
    """Return the assignment with a number that a library's newer bounds allow."""
    type_ = option.type
    try:
        number = float(assignment.value)
    except ValueError:
        return assignment
    if not isinstance(type_, types.Number):
        return assignment
    bound = type_.max if type_.max is not None and number > type_.max else None
    bound = type_.min if type_.min is not None and number < type_.min else bound
    if bound is None:
        return assignment
    shown = format_assignment(assignment, option)
    checked.warnings.append(f"{shown}: {option_types.describe(option)} is needed; using {bound}")
    return replace(assignment, value=str(bound))


def _note_no_effect(checked: Checked, entry: OptionEntry, assignment: Assignment) -> None:
    worth = WORTH_A_WARNING.get((entry.group, entry.option.dest))
    if worth is None:
        return
    same_values, instead = worth
    text = assignment.value.strip().lower()
    if isinstance(entry.option.type, types.Boolean) and text in types.Boolean.FALSE_VALUES:
        text = "false"  # the default of each of these
    if text and text not in same_values:
        shown = format_assignment(assignment, entry.option)
        checked.notes.append(f"{shown}: has no effect in cloudnet. {instead}".rstrip())


def _describe_wrong_value(option: cfg.Opt, assignment: Assignment) -> str | None:
    if "$" in assignment.value:
        return None  # it refers to another option: see fill.check_references
    try:
        option_types.parse_value(option, assignment.value)
    except (ValueError, TypeError):
        expected = option_types.describe(option)
        return f"{format_assignment(assignment, option)}: {expected} is needed"
    return None


def _describe_corrections(option: cfg.Opt, assignment: Assignment) -> list[str]:
    return [
        f"{format_assignment(assignment, option)}: {text} has host bits; using {range_}"
        for text, range_ in option_types.list_masked_ranges(option, assignment.value)
    ]


def _describe_unknown(checked: Checked, assignment: Assignment) -> str:
    similar = find_similar_name(assignment.group, assignment.name)
    if similar is not None:
        remedy = f"did you mean {similar}?"
    elif assignment.group == "cloudnet":
        remedy = "remove it"
    else:
        ready = format_ignored_options(checked, [assignment])
        remedy = f"remove it, or, if another program reads it here, add: {ready}"
    return f"{format_assignment(assignment)}: no such option; {remedy}"


def _prefer_current_names(
    accepted: Sequence[tuple[OptionEntry, Assignment]],
) -> list[tuple[OptionEntry, Assignment]]:
    """Within one file, an option's current name overrides its former ones."""

    def key(entry: OptionEntry, assignment: Assignment) -> tuple[str, str, str]:
        return assignment.file, entry.group, entry.option.dest

    current = {key(*pair) for pair in accepted if _has_current_name(*pair)}
    return [pair for pair in accepted if _has_current_name(*pair) or key(*pair) not in current]


def _has_current_name(entry: OptionEntry, assignment: Assignment) -> bool:
    if entry.option.dest in renames.MOVED_BY_KILO:
        return assignment.written_group == renames.RABBIT_GROUP
    written = (assignment.written_group, assignment.written_name)
    return written == (entry.group, entry.option.dest)
