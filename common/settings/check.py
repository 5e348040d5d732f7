"""Decide which assignments are for us, and refuse those that cannot be right.

One line for each refusal: where it stands, what it says, what would be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from oslo_config import cfg

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.settings import option_types
from cloudnet.common.settings.files import Assignment
from cloudnet.common.settings.libraries import library_option, nearest_library_option
from cloudnet.common.settings.nova_options import is_neighbour
from cloudnet.common.settings.option_index import Known, Vocabulary

MOVED = {
    "rabbit_use_ssl": "ssl",
    "kombu_ssl_version": "ssl_version",
    "kombu_ssl_keyfile": "ssl_key_file",
    "kombu_ssl_certfile": "ssl_cert_file",
    "kombu_ssl_ca_certs": "ssl_ca_file",
    "rabbit_retry_interval": "rabbit_retry_interval",
    "rabbit_retry_backoff": "rabbit_retry_backoff",
}
"""Folsom's names in [DEFAULT] for what oslo.messaging has in [oslo_messaging_rabbit] today."""


@dataclass
class Verdict:
    """What the files say to us, in today's spelling and in the order in which later ones win."""

    accepted: list[tuple[Known, Assignment]] = field(default_factory=list)
    passed_over: list[Assignment] = field(default_factory=list)

    def origin(self, group: str, name: str) -> Assignment | None:
        """Return the assignment that gave the option its value; None: it has its default."""
        found = None
        for known, assignment in self.accepted:
            if (known.group, known.option.dest) == (group, name):
                found = assignment
        return found


def judge(assignments: Iterable[Assignment], vocabulary: Vocabulary) -> Verdict:
    """Return what the assignments say to us.

    :raises ConfigurationError: a name that nobody knows, or a value that cannot be right
    """
    verdict = Verdict()
    everything = [_in_todays_place(assignment) for assignment in assignments]
    also_ignored = _also_ignored(everything)
    for assignment in everything:
        known = _known(assignment, vocabulary)
        if known is not None:
            _check_value(known, assignment)
            verdict.accepted.append((known, assignment))
        elif _is_for_others(assignment, vocabulary, also_ignored):
            verdict.passed_over.append(assignment)
        else:
            raise ConfigurationError(_unknown(assignment, vocabulary))
    verdict.accepted = _todays_name_first(verdict.accepted)
    return verdict


def shown(assignment: Assignment, option: cfg.Opt | None = None) -> str:
    """Return ``file:line: [group] name = value``, short, on one line, without secrets."""
    secret = option.secret if option is not None else _sounds_secret(assignment.name)
    group, name = _one_line(assignment.group), _one_line(assignment.name)
    value = "***" if secret else _one_line(assignment.value)
    return f"{assignment.where}: [{group}] {name} = {value}"


def _in_todays_place(assignment: Assignment) -> Assignment:
    if assignment.group == "DEFAULT" and assignment.name in MOVED:
        return replace(assignment, group="oslo_messaging_rabbit", name=MOVED[assignment.name])
    return assignment


def _also_ignored(assignments: Iterable[Assignment]) -> frozenset[str]:
    named = frozenset[str]()
    for assignment in assignments:
        if (assignment.group, assignment.name) == ("cloudnet", "ignored_options"):
            named = frozenset(n.strip() for n in assignment.value.split(","))
    return named


def _known(assignment: Assignment, vocabulary: Vocabulary) -> Known | None:
    group, name = assignment.group, assignment.name
    ours = vocabulary.find(group, name)
    if ours is not None or is_neighbour(group, name):
        return ours
    return library_option(group, name)


def _check_value(known: Known, assignment: Assignment) -> None:
    if "$" in assignment.value:
        return  # refers to another option: checked when all are known
    try:
        option_types.convert(known.option, assignment.value)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{shown(assignment, known.option)}: {option_types.wanted(known.option)} is needed"
        ) from error


def _is_for_others(assignment: Assignment, vocabulary: Vocabulary, ignored: frozenset[str]) -> bool:
    group, name = assignment.group, assignment.name
    if is_neighbour(group, name) or (group == "DEFAULT" and name in ignored):
        return True
    return not vocabulary.is_ours(group) and not group.startswith("oslo_messaging_")


def _unknown(assignment: Assignment, vocabulary: Vocabulary) -> str:
    slip = assignment.group, assignment.name
    nearest = vocabulary.nearest(*slip) or nearest_library_option(*slip)
    if nearest is not None:
        remedy = f"did you mean {nearest}?"
    elif assignment.group == "DEFAULT":
        remedy = (
            "remove it, or name it in [cloudnet] ignored_options if another program reads it here"
        )
    else:
        remedy = "remove it"
    return f"{shown(assignment)}: no such option; {remedy}"


def _todays_name_first(
    accepted: list[tuple[Known, Assignment]],
) -> list[tuple[Known, Assignment]]:
    """Within one file, an option under its name of today beats itself under a former one."""
    today = {
        (assignment.file, known.group, known.option.dest)
        for known, assignment in accepted
        if _is_today(known, assignment)
    }
    return [
        (known, assignment)
        for known, assignment in accepted
        if _is_today(known, assignment)
        or (assignment.file, known.group, known.option.dest) not in today
    ]


def _is_today(known: Known, assignment: Assignment) -> bool:
    return (assignment.group, assignment.name) == (known.group, known.option.dest)


def _sounds_secret(name: str) -> bool:
    return any(word in name for word in ("password", "secret", "token", "connection", "url"))


def _one_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return printable if len(printable) <= 80 else printable[:77] + "…"
