"""Any answer of a kernel leaves out at most the entry that cannot be parsed."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.drivers.links import link_dump
from cloudnet.agent.drivers.links.link_dump import parse_address, parse_link, parse_route
from cloudnet.agent.drivers.links.skip import Skipper


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def link(index: int, name: bytes) -> bytes:
    header = link_dump.LINK.pack(0, 1, index, 0, 0)
    return header + attribute(link_dump.IFNAME, name + b"\0")


attributes = st.builds(attribute, st.integers(0, 60), st.binary(max_size=20))
answers = st.binary(max_size=60) | st.builds(
    lambda header, parts, rest: header + b"".join(parts) + rest,
    st.binary(min_size=8, max_size=16),
    st.lists(attributes, max_size=6),
    st.binary(max_size=5),
)


@given(answers)
@pytest.mark.parametrize("parse", [parse_link, parse_address, parse_route])
def test_any_answer_is_parsed_or_left_out(parse: Callable[[bytes], object], data: bytes) -> None:
    assert len(list(Skipper().parse("entry", parse, [data]))) <= 1


@given(st.binary(min_size=1, max_size=15).filter(lambda name: b"\0" not in name))
def test_a_link_has_any_name_that_the_kernel_gives_it(name: bytes) -> None:
    assert parse_link(link(7, name)).name.encode(errors="surrogateescape") == name


def test_one_bad_entry_leaves_the_others_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    nameless = link_dump.LINK.pack(0, 1, 8, 0, 0)
    skipper = Skipper()
    for _ in range(2):
        found = list(
            skipper.parse("link", parse_link, [link(7, b"eth0"), nameless, b"", link(9, b"tap")])
        )
        assert [each.name for each in found] == ["eth0", "tap"]

    assert [line.partition(":")[0] for line in caplog.messages] == [
        "link 0000010008000000",
        "link ",
    ]
