"""Wrong usage is one line that names similar options."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.common.usage import OneLineParser, find_near, join_or, make_one_line


def build(class_: type[argparse.ArgumentParser] = OneLineParser) -> argparse.ArgumentParser:
    parser = class_(prog="prog", allow_abbrev=False)
    parser.add_argument("--vlan", type=int)
    parser.add_argument("--vlan-start", type=int)
    parser.add_argument("--host")
    return parser


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--hots=3"], "unrecognized arguments: --hots=3; did you mean --host?"),
        (
            ["--vlan-strt", "3"],
            "unrecognized arguments: --vlan-strt 3; did you mean --vlan-start or --vlan?",
        ),
        (["--quite-else"], "unrecognized arguments: --quite-else"),
        (["word"], "unrecognized arguments: word"),
        (["-x"], "unrecognized arguments: -x"),
        (["--vlan=x"], "argument --vlan: invalid int value: 'x'"),
        (["--host"], "argument --host: expected one argument"),
    ],
)
def test_wrong_usage_is_one_line_with_the_similar_options(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        build().parse_args(words)

    assert exit_.value.code == 2
    assert capsys.readouterr().err == f"prog: {line}; see `prog --help`\n"


@pytest.mark.parametrize("words", [["--vlans=3"], ["--vlan=x"]])
def test_a_parser_of_another_class_prints_the_same_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    other = build(argparse.ArgumentParser)
    make_one_line(other)
    with pytest.raises(SystemExit):
        build().parse_args(words)
    expected = capsys.readouterr().err

    with pytest.raises(SystemExit) as exit_:
        other.parse_args(words)

    assert exit_.value.code == 2
    assert capsys.readouterr().err == expected


def test_right_usage_is_parsed_by_both_classes() -> None:
    other = build(argparse.ArgumentParser)
    make_one_line(other)

    for parser in (build(), other):
        assert vars(parser.parse_args(["--vlan=3", "--host", "node1"])) == {
            "vlan": 3,
            "vlan_start": None,
            "host": "node1",
        }


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--lable=x"], "unrecognized arguments: --lable=x; did you mean --label?"),
        (["--host", "a"], "the following arguments are required: --label"),
        (["--", "--lable"], "the following arguments are required: --label"),
    ],
)
def test_a_mistyped_option_is_named_rather_than_the_one_that_is_missing(
    words: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = build(argparse.ArgumentParser)
    make_one_line(other)
    for parser in (build(), other):
        parser.add_argument("--label", required=True)
        with pytest.raises(SystemExit):
            parser.parse_args(words)

        assert capsys.readouterr().err == f"prog: {line}; see `prog --help`\n"


def test_a_message_of_several_lines_becomes_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build().error("one\n  two")

    assert capsys.readouterr().err == "prog: one two; see `prog --help`\n"


@pytest.mark.parametrize(
    ("words", "text"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_alternatives_are_joined_as_a_sentence_has_them(words: list[str], text: str) -> None:
    assert join_or(words) == text


def test_the_most_similar_word_is_first() -> None:
    assert find_near("vlan_strt", ["vlan", "vlan_start", "host"])[0] == "vlan_start"


def test_nothing_is_similar_where_nothing_is_known() -> None:
    assert find_near("vlan", []) == []


@given(st.text(min_size=1), st.lists(st.text(), max_size=5))
def test_similar_words_are_known_ones_and_a_known_word_is_similar_to_itself(
    word: str, known: list[str]
) -> None:
    assert set(find_near(word, known)) <= set(known)
    assert word in find_near(word, [*known, word])
