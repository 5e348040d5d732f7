"""Fill an oslo.config object with the accepted assignments and the command line.

oslo.config is given one file in memory that it would have accepted from a disk: every assignment
under its current name and group. So it does what it is good at (defaults, ``$references``,
conversion, the command line), and every error can name the file and line that the operator wrote.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from oslo_config import cfg

from cloudnet.common.settings import host_facts, option_types
from cloudnet.common.settings.describe import format_assignment
from cloudnet.common.settings.files import DEFAULT_FILES, Assignment
from cloudnet.common.settings.option_index import OptionEntry
from cloudnet.common.settings.options import GROUPS, HAS_NO_EFFECT

_REFERENCE = re.compile(r"\$\{?([a-z]\w*)", re.IGNORECASE)

Accepted = Sequence[tuple[OptionEntry, Assignment]]


def register(conf: cfg.ConfigOpts) -> None:
    """Register our options, and set the defaults that are facts of this host."""
    for group, options in GROUPS.items():
        for option in options:
            # oslo.concurrency, which oslo.messaging imports, has lock_path too, and means the same.
            with suppress(cfg.DuplicateOptError):
                conf.register_opt(option, group=None if group == "DEFAULT" else group)
    conf.set_default("my_ip", host_facts.find_my_ip())
    conf.set_default("host", host_facts.get_hostname())


def fill(
    conf: cfg.ConfigOpts, accepted: Accepted, arguments: Sequence[str], prog: str, version: str
) -> None:
    """Set the registered options of ``conf`` from the assignments and the command line."""
    with _memory_file(_format_file(accepted)) as file:
        conf(
            ["--config-file", str(file), *arguments],
            project="cloudnet",
            prog=prog,
            version=version,
            default_config_files=[str(file) for file in DEFAULT_FILES],
            default_config_dirs=[],
            use_env=False,
        )


def add_referred(
    conf: cfg.ConfigOpts, accepted: Accepted, ignored: Sequence[Assignment]
) -> list[tuple[OptionEntry, Assignment]]:
    """Return the accepted assignments, and those of other programs that they refer to (``$name``).

    nova's services share one set of options, so that ``my_ip = $ec2_host`` has a meaning.
    """
    found = list(accepted)
    names = {name for _, assignment in accepted for name in _list_references(assignment)}
    pending = [each for each in ignored if each.group == "DEFAULT"]
    while referred := [each for each in pending if each.name in names]:
        pending = [each for each in pending if each.name not in names]
        for assignment in referred:
            option = cfg.StrOpt(assignment.name)
            conf.register_opt(option)
            found.append((OptionEntry("DEFAULT", option), assignment))
            names.update(_list_references(assignment))
    return found


def _list_references(assignment: Assignment) -> list[str]:
    return _REFERENCE.findall(assignment.value.replace("$$", ""))


def check_references(
    conf: cfg.ConfigOpts, accepted: Accepted, is_read: Callable[[str, str], bool]
) -> list[str]:
    """Return the errors of values that refer to other options (``$name``).

    :param is_read: whether the program reads the option with this group and name
    """
    errors = []
    for entry, assignment in accepted:
        place = (entry.group, entry.option.dest)
        if "$" not in assignment.value or place in HAS_NO_EFFECT or not is_read(*place):
            continue
        options = _group(conf, entry.group)
        if entry.option.dest not in options:
            continue  # a command that runs once does not register a library's options
        try:
            option_types.require_value(entry.option, options[entry.option.dest])
        except (ValueError, cfg.Error, RecursionError):
            errors.append(
                f"{format_assignment(assignment, entry.option)}: "
                f"{option_types.describe(entry.option)} is needed, and $name must be another "
                "option's name (a literal $ is written $$)"
            )
    return errors


def _group(conf: cfg.ConfigOpts, group: str) -> Mapping[str, object]:
    if group == "DEFAULT":
        return conf
    if group not in conf:
        return {}
    options: Mapping[str, object] = conf[group]
    return options


def _format_file(accepted: Accepted) -> str:
    sections: dict[str, list[str]] = {}
    for entry, assignment in accepted:
        first, *more = assignment.value.split("\n")
        lines = sections.setdefault(entry.group, [])
        lines.append(f'{entry.option.dest} = "{first}"')
        lines += [f"    {line}" for line in more]
    return "".join(f"[{group}]\n" + "\n".join(lines) + "\n" for group, lines in sections.items())


@contextmanager
def _memory_file(text: str) -> Iterator[Path]:
    """Yield a file with the text that never touches a disk: it may contain passwords."""
    descriptor = os.memfd_create("cloudnet.conf")
    try:
        with open(descriptor, "w", encoding="utf-8", closefd=False) as file:
            file.write(text)
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
