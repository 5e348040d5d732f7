"""Commands that were probably meant by words that name none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.controller.manage.command_table import COMMANDS
from cloudnet.controller.manage.suggestions import suggest_commands

NAMES = (
    "complete",
    "fixed list",
    "network create",
    "network delete",
    "network list",
    "quota set",
    "usage",
)


@pytest.mark.parametrize(
    ("words", "suggested"),
    [
        ("netwrk list", ["network list"]),
        ("network lst", ["network list"]),
        ("list network", ["network list"]),
        ("network", ["network create", "network delete", "network list"]),
        ("network something", ["network create", "network delete", "network list"]),
        ("net cr", ["network create"]),
        ("list", ["fixed list", "network list"]),
        ("creat", ["network create"]),
        ("usgae", ["usage"]),
        ("compl", ["complete"]),
        ("xyzzy", []),
        ("", []),
    ],
)
def test_the_noun_counts_first_and_then_the_verb(words: str, suggested: list[str]) -> None:
    assert suggest_commands(words.split(), NAMES) == suggested


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_name_is_suggested_alone(name: str) -> None:
    assert suggest_commands(name.split(), COMMANDS) == [name]


# `version` is a command of its own besides `db version`.
@pytest.mark.parametrize("name", [name for name in COMMANDS if name.split()[-1] not in COMMANDS])
def test_the_verb_may_be_before_the_noun(name: str) -> None:
    assert suggest_commands(name.split()[::-1], COMMANDS) == [name]


@given(st.lists(st.text(max_size=12), max_size=4))
def test_only_commands_are_suggested_and_each_once(words: list[str]) -> None:
    suggested = suggest_commands(words, COMMANDS)

    assert set(suggested) <= set(COMMANDS)
    assert len(suggested) == len(set(suggested))
