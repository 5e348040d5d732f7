"""Check assignments and values, and describe each error in one line.

A line names the place, the assignment, and what is right. All errors are collected;
the caller decides how many of them to report.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from oslo_config import cfg

from cloudnet.common.limits import VLAN_ID
from cloudnet.common.settings import option_types
from cloudnet.common.settings.files import Assignment
from cloudnet.common.settings.option_index import (
    OptionEntry,
    find_option,
    find_similar_name,
    is_other_program_option,
)
from cloudnet.common.wire.objects import Topology

MOVED_TO_RABBIT = {
    "rabbit_use_ssl": "ssl",
    "kombu_ssl_version": "ssl_version",
    "kombu_ssl_keyfile": "ssl_key_file",
    "kombu_ssl_certfile": "ssl_cert_file",
    "kombu_ssl_ca_certs": "ssl_ca_file",
    "rabbit_retry_interval": "rabbit_retry_interval",
    "rabbit_retry_backoff": "rabbit_retry_backoff",
}
"""Folsom's names in [DEFAULT] of options that are in [oslo_messaging_rabbit] today."""


@dataclass
class Checked:
    """The assignments of all files by what they are; later ones override earlier ones."""

    accepted: list[tuple[OptionEntry, Assignment]] = field(default_factory=list)
    ignored: list[Assignment] = field(default_factory=list)  # other programs' options
    errors: list[str] = field(default_factory=list)

    def find_origin(self, group: str, name: str) -> Assignment | None:
        """Return the assignment that sets the option, None if it has its default."""
        origin = None
        for entry, assignment in self.accepted:
            if (entry.group, entry.option.dest) == (group, name):
                origin = assignment
        return origin


def check_assignments(assignments: Iterable[Assignment]) -> Checked:
    """Return the assignments that are for cloudnet, under today's names, and what is wrong."""
    checked = Checked()
    current = [_move_to_current_group(assignment) for assignment in assignments]
    ignored_names = _list_ignored_names(current)
    for assignment in current:
        group, name = assignment.group, assignment.name
        entry = find_option(group, name)
        if entry is not None:
            error = _check_value(entry.option, assignment)
            if error is None:
                checked.accepted.append((entry, assignment))
            else:
                checked.errors.append(error)
        elif is_other_program_option(group, name) or (group == "DEFAULT" and name in ignored_names):
            checked.ignored.append(assignment)
        else:
            checked.errors.append(_describe_unknown(assignment))
    checked.accepted = _prefer_current_names(checked.accepted)
    return checked


def format_assignment(assignment: Assignment, option: cfg.Opt | None = None) -> str:
    """Return ``file:line: [group] name = value`` on one short line, without secrets."""
    secret = option.secret if option is not None else _may_be_secret(assignment.name)
    group, name = _single_line(assignment.group), _single_line(assignment.name)
    value = "***" if secret else _single_line(assignment.value)
    return f"{assignment.place}: [{group}] {name} = {value}"


def _move_to_current_group(assignment: Assignment) -> Assignment:
    if assignment.group == "DEFAULT" and assignment.name in MOVED_TO_RABBIT:
        name = MOVED_TO_RABBIT[assignment.name]
        return replace(assignment, group="oslo_messaging_rabbit", name=name)
    return assignment


def _list_ignored_names(assignments: Iterable[Assignment]) -> frozenset[str]:
    names = frozenset[str]()
    for assignment in assignments:
        if (assignment.group, assignment.name) == ("cloudnet", "ignored_options"):
            names = frozenset(name.strip() for name in assignment.value.split(","))
    return names


def _check_value(option: cfg.Opt, assignment: Assignment) -> str | None:
    if "$" in assignment.value:
        return None  # it refers to another option: see fill.check_references
    try:
        option_types.parse_value(option, assignment.value)
    except (ValueError, TypeError):
        expected = option_types.describe(option)
        return f"{format_assignment(assignment, option)}: {expected} is needed"
    return None


def _describe_unknown(assignment: Assignment) -> str:
    similar = find_similar_name(assignment.group, assignment.name)
    if similar is not None:
        remedy = f"did you mean {similar}?"
    elif assignment.group == "DEFAULT":
        remedy = (
            "remove it, or name it in [cloudnet] ignored_options if another program reads it here"
        )
    else:
        remedy = "remove it"
    return f"{format_assignment(assignment)}: no such option; {remedy}"


def _prefer_current_names(
    accepted: list[tuple[OptionEntry, Assignment]],
) -> list[tuple[OptionEntry, Assignment]]:
    """Within one file, an option's current name overrides its former ones."""

    def key(entry: OptionEntry, assignment: Assignment) -> tuple[str, str, str]:
        return assignment.file, entry.group, entry.option.dest

    def has_current_name(entry: OptionEntry, assignment: Assignment) -> bool:
        return (assignment.group, assignment.name) == (entry.group, entry.option.dest)

    current = {key(*pair) for pair in accepted if has_current_name(*pair)}
    return [pair for pair in accepted if has_current_name(*pair) or key(*pair) not in current]


def _may_be_secret(name: str) -> bool:
    return any(word in name for word in ("password", "secret", "token", "connection", "url"))


def _single_line(text: str) -> str:
    printable = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return printable if len(printable) <= 80 else printable[:77] + "…"


def check_contradictions(conf: cfg.ConfigOpts, checked: Checked) -> list[str]:
    """Return the errors of values that are valid one by one and not together."""
    return [
        f"{_format_options(conf, checked, names)}: {error}"
        for names, error in (
            *_check_heartbeat(conf),
            *_check_vlan_ids(conf),
            *_check_sizes(conf, checked),
        )
    ]


_Errors = Iterator[tuple[tuple[str, ...], str]]  # the names of options in [DEFAULT], and why


def _check_heartbeat(conf: cfg.ConfigOpts) -> _Errors:
    if conf.service_down_time <= conf.report_interval:
        error = (
            "every host would count as down between two heartbeats; service_down_time of more "
            f"than {conf.report_interval} is needed"
        )
        yield ("service_down_time", "report_interval"), error


def _check_vlan_ids(conf: cfg.ConfigOpts) -> _Errors:
    last = conf.vlan_start + conf.num_networks - 1
    if conf.network_manager is Topology.VLAN and last > VLAN_ID.highest:
        most = VLAN_ID.highest + 1 - conf.vlan_start
        error = (
            f"the last network's VLAN id would be {last}; num_networks of at most {most} is needed"
        )
        yield ("vlan_start", "num_networks"), error


def _check_sizes(conf: cfg.ConfigOpts, checked: Checked) -> _Errors:
    fixed_range: IPv4Network = conf.fixed_range
    available = fixed_range.num_addresses
    size = _round_up(derive_network_size(conf, checked))
    if size > available:
        error = (
            f"the range has {available} addresses; network_size of at most {available} is needed"
        )
        yield ("network_size", "fixed_range"), error
    elif size * conf.num_networks > available:
        error = (
            f"the range has room for {available // size} networks of {size} addresses; fewer or "
            "smaller networks, or a larger fixed_range, are needed"
        )
        yield ("num_networks", "network_size", "fixed_range"), error


def derive_network_size(conf: cfg.ConfigOpts, checked: Checked) -> int:
    """Return the addresses of a new network: if network_size is not set, at most its share."""
    size: int = conf.network_size
    if checked.find_origin("DEFAULT", "network_size") is not None:
        return size
    fixed_range: IPv4Network = conf.fixed_range
    share = fixed_range.num_addresses // int(conf.num_networks)
    return min(size, 1 << (share.bit_length() - 1)) if share else size


def _round_up(size: int) -> int:
    """Return the power of two that a network of this size takes."""
    return 1 << (size - 1).bit_length()


def _format_options(conf: cfg.ConfigOpts, checked: Checked, names: Sequence[str]) -> str:
    """Return the place of the first option that a file sets, and the values of all."""
    origins = (checked.find_origin("DEFAULT", name) for name in names)
    place = next((origin.place for origin in origins if origin is not None), "defaults")
    return f"{place}: [DEFAULT] " + ", ".join(f"{name} = {conf[name]}" for name in names)
