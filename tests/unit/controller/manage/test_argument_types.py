"""Words of a command line as values; what they refuse is wrong usage with a reason."""

from __future__ import annotations

import argparse
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.controller.manage import argument_types
from cloudnet.controller.manage.argument_types import dashes_for_underscores


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (["--fixed_range_v4=10.0.0.0/8"], ["--fixed-range-v4=10.0.0.0/8"]),
        (["--label", "my_net"], ["--label", "my_net"]),
        (["--label=my_net"], ["--label=my_net"]),
        (["network_create"], ["network_create"]),
        (["-f_x"], ["-f_x"]),
        (["--"], ["--"]),
        (["--a_b", "--", "--c_d"], ["--a-b", "--", "--c_d"]),
        (["--not an_option"], ["--not an_option"]),
    ],
)
def test_only_the_names_of_options_get_dashes(words: list[str], changed: list[str]) -> None:
    assert dashes_for_underscores(words) == changed


@given(st.lists(st.text(), max_size=5))
def test_dashes_are_put_in_once(words: list[str]) -> None:
    changed = dashes_for_underscores(words)

    assert len(changed) == len(words)
    assert dashes_for_underscores(changed) == changed


@pytest.mark.parametrize(("word", "limit"), [("unlimited", -1), ("-1", -1), ("0", 0), ("10", 10)])
def test_a_quota_is_a_number_or_unlimited(word: str, limit: int) -> None:
    assert argument_types.quota(word) == limit


@pytest.mark.parametrize("word", ["-2", "x", "", "1.5", "Unlimited"])
def test_another_word_is_no_quota(word: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        argument_types.quota(word)


@pytest.mark.parametrize(
    ("word", "requested"),
    [
        ("private", ("private", None)),
        ("private=10.0.0.3", ("private", IPv4Address("10.0.0.3"))),
        ("10.0.0.0/22=10.0.0.3", ("10.0.0.0/22", IPv4Address("10.0.0.3"))),
    ],
)
def test_a_requested_network_may_have_an_address(
    word: str, requested: tuple[str, IPv4Address | None]
) -> None:
    assert argument_types.requested_network(word) == requested


@pytest.mark.parametrize("word", ["", "=10.0.0.3", "private=", "private=10.0.0", "a=b=c"])
def test_a_requested_network_without_a_name_or_with_a_wrong_address_is_refused(word: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        argument_types.requested_network(word)


@pytest.mark.parametrize(
    ("parse", "word", "value"),
    [
        (argument_types.boolean, "T", True),
        (argument_types.boolean, "f", False),
        (argument_types.device, "eth0.100", "eth0.100"),
        (argument_types.guest_range, "10.0.0.0/8", IPv4Network("10.0.0.0/8")),
        (argument_types.integer(1, 4094), "4094", 4094),
    ],
)
def test_a_right_word_is_its_value(parse: object, word: str, value: object) -> None:
    assert callable(parse)
    assert parse(word) == value


@pytest.mark.parametrize(
    ("parse", "word"),
    [
        (argument_types.boolean, "perhaps"),
        (argument_types.device, "a/b"),
        (argument_types.device, "sixteen-letters-"),
        (argument_types.guest_range, "127.0.0.0/8"),
        (argument_types.cidr, "10.0.0.0/33"),
        (argument_types.host_address, "224.0.0.1"),
        (argument_types.uuid, "1234"),
        (argument_types.text, "a\nb"),
        (argument_types.integer(1, 4094), "4095"),
        (argument_types.integer(1, 4094), "1e3"),
    ],
)
def test_a_wrong_word_is_refused_in_one_line(parse: object, word: str) -> None:
    assert callable(parse)
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        parse(word)

    assert len(str(refused.value).splitlines()) == 1
