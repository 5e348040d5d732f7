"""From files and a command line to a filled oslo.config object, or one line that says why not.

The files are read and judged by us (:mod:`.files`, :mod:`.check`); what is accepted is handed to
oslo.config as one file in memory that it would have read anyway: today's names, every assignment
under its group. So oslo.config does what it is good at (defaults, ``$references``, conversion, the
command line), and every complaint can name the file and line that the operator wrote.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from oslo_config import cfg

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.settings import host_facts, option_types
from cloudnet.common.settings.check import Verdict, judge, shown
from cloudnet.common.settings.command_line import USUAL
from cloudnet.common.settings.files import Assignment, read_all
from cloudnet.common.settings.option_index import Known, Vocabulary
from cloudnet.common.settings.options import GROUPS, SHARED

VOCABULARY = Vocabulary({**GROUPS, "DEFAULT": (*GROUPS["DEFAULT"], *SHARED)})


def register(conf: cfg.ConfigOpts) -> None:
    """Make our options known to ``conf``, with the defaults that only this host can tell."""
    for group, options in GROUPS.items():
        for option in options:
            # oslo.concurrency, which oslo.messaging brings along, has lock_path too: same meaning.
            with suppress(cfg.DuplicateOptError):
                conf.register_opt(option, group=None if group == "DEFAULT" else group)
    conf.set_default("my_ip", host_facts.my_ip())
    conf.set_default("host", host_facts.hostname())


def fill(
    conf: cfg.ConfigOpts, files: Sequence[Path], arguments: Sequence[str], prog: str, version: str
) -> Verdict:
    """Read the files and the arguments into ``conf``, in which all options are registered.

    :raises ConfigurationError: something in them is wrong
    """
    asks_for_help = bool({"-h", "--help", "--version"} & set(arguments))
    verdict = Verdict() if asks_for_help else judge(read_all(files), VOCABULARY)
    with _in_memory(_text(verdict.accepted)) as merged:
        conf(
            ["--config-file", str(merged), *arguments],
            project="cloudnet",
            prog=prog,
            version=version,
            default_config_files=[str(file) for file in USUAL],
            default_config_dirs=[],
            use_env=False,
        )
    _check_references(conf, verdict)
    return verdict


def _check_references(conf: cfg.ConfigOpts, verdict: Verdict) -> None:
    for known, assignment in verdict.accepted:
        if "$" not in assignment.value or not _is_registered(conf, known):
            continue
        try:
            option_types.refuse_nothing(known.option, _value(conf, known))
        except (ValueError, cfg.Error, RecursionError) as error:
            raise ConfigurationError(
                f"{shown(assignment, known.option)}: {option_types.wanted(known.option)} is needed, and "
                "$name must be another option's name (a literal $ is written $$)"
            ) from error


def _is_registered(conf: cfg.ConfigOpts, known: Known) -> bool:
    """Whether anybody will read it: a one-shot command reads no library's options."""
    there: Mapping[str, object] = conf
    if known.group != "DEFAULT":
        if known.group not in conf:
            return False
        there = conf[known.group]
    return known.option.dest in there


def _value(conf: cfg.ConfigOpts, known: Known) -> object:
    group: Mapping[str, object] = conf if known.group == "DEFAULT" else conf[known.group]
    return group[known.option.dest]


def _text(accepted: Sequence[tuple[Known, Assignment]]) -> str:
    sections: dict[str, list[str]] = {}
    for known, assignment in accepted:
        first, *more = assignment.value.split("\n")
        lines = sections.setdefault(known.group, [])
        lines.append(f'{known.option.dest} = "{first}"')
        lines += [f"    {line}" for line in more]
    return "".join(f"[{group}]\n" + "\n".join(lines) + "\n" for group, lines in sections.items())


@contextmanager
def _in_memory(text: str) -> Iterator[Path]:
    """Show the text as a file that never touches a disk: it may hold passwords."""
    descriptor = os.memfd_create("cloudnet.conf")
    try:
        with open(descriptor, "w", encoding="utf-8", closefd=False) as file:
            file.write(text)
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
