"""What a word of a command line may become, for the shells' completion.

Names of things (networks, hosts, projects, addresses) come from the database that the command line
names. Whatever goes wrong there, or takes too long, there are just no candidates.
"""

from __future__ import annotations

import argparse
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cliff.app import App

from cloudnet.controller.manage.command_kinds import ManageCommand
from cloudnet.controller.manage.command_line import build_parser

if TYPE_CHECKING:
    from cloudnet.controller.manage.session import Session

SECONDS = 2.0  # after that no names are offered, so that a TAB does not block the shell
_PLAIN = re.compile(r"[\w@%+,.:/-]+")  # needs no quotes in any shell

_FILE_OPTIONS = {"--config-file"}


def print_candidates(app: App, words: Sequence[str]) -> int:
    """Print the possible values of the last word; exit status 3: it is the name of a file."""
    found = list_candidates(app, words)
    if found is None:
        return 3
    app.stdout.write("".join(f"{word}\n" for word in found))
    return 0


def list_candidates(app: App, words: Sequence[str]) -> list[str] | None:
    """Return the possible values of the last word in alphabetical order; None: it is a file.

    :param words: those after the program's name, up to the cursor
    """
    *before, current = _join_equals(words) or [""]
    option, equals, value = current.partition("=")
    if equals and option.startswith("--"):  # zsh and fish pass --option=value as one word
        found = list_candidates(app, [*before, option, value])
        return found if found is None else [f"{option}={each}" for each in found]
    if before and before[-1] in _FILE_OPTIONS:
        return None
    possible = _list_possible(app, before, is_option=current.startswith("-"))
    plain = {word for word in possible if _PLAIN.fullmatch(word) and word.startswith(current)}
    return sorted(plain)


def _join_equals(words: Sequence[str]) -> list[str]:
    """Return the words without the ``=`` at which bash divides ``--option=value``."""
    rest = [word for word in words if word != "="]
    return [*rest, ""] if words and words[-1] == "=" else rest


def _list_possible(app: App, before: Sequence[str], *, is_option: bool) -> Iterable[str]:
    options, words = build_parser().parse_known_args(before)
    if words[:1] == ["help"]:
        return _list_next_words(app, words[1:])
    try:
        class_, name, arguments = app.command_manager.find_command(list(words))
    except ValueError:
        return _list_options(build_parser()) if is_option else _list_next_words(app, words)
    command = class_(app, None)
    parser = command.get_parser(name)
    by_option = {option: each for each in _actions(parser) for option in each.option_strings}
    wanted = by_option.get(arguments[-1]) if arguments else None
    if wanted is not None and wanted.nargs != 0:
        return _list_values(command, wanted, options.config_file)
    if is_option:
        return _list_options(parser)
    position = _count_positionals(arguments, by_option)
    positionals = [each for each in _actions(parser) if not each.option_strings]
    if position >= len(positionals):
        return ()
    return _list_values(command, positionals[position], options.config_file)


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # noqa: SLF001 - argparse has no public way to ask


def _list_options(parser: argparse.ArgumentParser) -> Iterable[str]:
    return [
        option
        for action in _actions(parser)
        if action.help != argparse.SUPPRESS
        for option in action.option_strings
        if option.startswith("--")
    ]


def _list_next_words(app: App, words: Sequence[str]) -> Iterable[str]:
    names = [name.split() for name, _ in app.command_manager]
    return [
        name[len(words)]
        for name in names
        if len(name) > len(words) and name[: len(words)] == list(words)
    ]


def _count_positionals(arguments: Sequence[str], by_option: Mapping[str, argparse.Action]) -> int:
    count, skip = 0, False
    for word in arguments:
        if skip:
            skip = False
        elif word.startswith("-"):
            action = by_option.get(word)
            skip = action is not None and action.nargs != 0
        else:
            count += 1
    return count


def _list_values(command: object, action: argparse.Action, files: Sequence[Path]) -> Iterable[str]:
    if action.choices is not None:
        return [str(choice) for choice in action.choices]
    if action.dest in {"columns", "sort_columns"} and isinstance(command, ManageCommand):
        return command.columns
    names = _NAMES.get(action.dest)
    if names is None:
        return ()
    return _read(names, files)


def _read(names: Callable[[Session], Iterable[object]], files: Sequence[Path]) -> Iterable[str]:
    """Return the names in the database, or none if that takes too long."""
    found: list[str] = []

    def read() -> None:
        from cloudnet.controller.manage.session import Session  # noqa: PLC0415 - the database

        with suppress(Exception):
            session = Session(files)
            try:
                found.extend(str(name) for name in names(session) if name is not None)
            finally:
                session.close()

    thread = threading.Thread(target=read, name="names", daemon=True)
    thread.start()
    thread.join(SECONDS)
    return list(found)


def _list_networks(session: Session) -> Iterable[object]:
    for network in session.services.networks.list_networks():
        yield network.label
        yield network.cidr


def _list_projects(session: Session) -> Iterable[object]:
    return [network.project_id for network in session.services.networks.list_networks()]


def _list_hosts(session: Session) -> Iterable[object]:
    return [host["host"] for host in session.services.overview.list_hosts()]


def _list_instances(session: Session) -> Iterable[object]:
    return [row.instance_uuid for row in session.services.fixed.list_fixed_ips(None)]


def _list_addresses(session: Session) -> Iterable[object]:
    return [row.address for row in session.services.fixed.list_fixed_ips(None)]


def _list_all_addresses(session: Session) -> Iterable[object]:
    floating = [each.address for each, _, _ in session.services.floating.list_with_targets()]
    return [*floating, *_list_addresses(session)]


def _list_pools(session: Session) -> Iterable[object]:
    return [each.pool for each, _, _ in session.services.floating.list_with_targets()]


_NAMES: Mapping[str, Callable[[Session], Iterable[object]]] = {  # by argparse's dest
    "address": _list_all_addresses,
    "fixed_address": _list_addresses,
    "host": _list_hosts,
    "instance": _list_instances,
    "network": _list_networks,
    "pool": _list_pools,
    "project": _list_projects,
    "project_id": _list_projects,
}
