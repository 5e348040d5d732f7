import json
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.common.errors import BadRequest
from cloudnet.common.wire.codec import from_wire, to_wire
from cloudnet.common.wire.objects import (
    Applied,
    Fault,
    FixedRanges,
    NetworkSnapshot,
    Report,
    ReportedLease,
    ReportReply,
)
from tests.fixtures.agent.snapshots import OTHER, PRIVATE, RANGES, floating, gone, network, vif

VALUES = [
    network(vifs=(vif(),), floating_ips=(floating(),)),
    network(vlan=None, bridge_interface=None, gateway=None),
    gone(),
    RANGES,
    Report("node1", (Applied(PRIVATE, 7),), (Fault(None, "no NIC"),), None),
    Report(
        "node1", (), (), (ReportedLease(PRIVATE, IPv4Address("10.0.0.3"), "fa:16:3e:00:00:03"),)
    ),
    ReportReply(RANGES, (network(), gone(OTHER))),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_message_survives_encoding_and_decoding(value: object) -> None:
    assert from_wire(type(value), json.loads(json.dumps(to_wire(value)))) == value


def test_a_newer_senders_extra_field_is_ignored() -> None:
    assert from_wire(FixedRanges, to_wire(RANGES) | {"colour": "blue"}) == RANGES


def test_an_older_senders_missing_field_gets_its_default() -> None:
    plain = to_wire(network())
    del plain["vifs"]

    assert from_wire(NetworkSnapshot, plain) == network()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"version": "2.0"}, "message: version '2.0' of NetworkSnapshot is not supported"),
        ({"revision": "7"}, "message.revision: int is needed, not '7'"),
        ({"revision": True}, "message.revision: int is needed, not True"),
        ({"cidr": "10.0.0.1/22"}, "message.cidr: 10.0.0.1/22 has host bits set"),
        ({"host_address": 5}, "message.host_address: IPv4Address as text is needed, not 5"),
        ({"topology": "mesh"}, "message.topology: 'mesh' is not a valid Topology"),
        ({"vifs": "many"}, "message.vifs: a list is needed, not 'many'"),
        ({"vifs": [{"type": "Dog"}]}, "message.vifs[0]: a Vif is needed, not {'type': 'Dog'}"),
        ({"type": "Cat"}, "message: a NetworkSnapshot is needed"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(change: dict[str, object], line: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        from_wire(NetworkSnapshot, to_wire(network()) | change)

    assert str(refusal.value).startswith(line)


def test_a_missing_field_is_named() -> None:
    plain = to_wire(network())
    del plain["cidr"]

    with pytest.raises(BadRequest, match="message: NetworkSnapshot lacks 'cidr'"):
        from_wire(NetworkSnapshot, plain)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(to_wire(network()))), json_values)
def test_garbage_in_a_field_is_refused_or_decoded_without_any_other_error(
    name: str, garbage: object
) -> None:
    plain = to_wire(network()) | {name: garbage}
    try:
        made = from_wire(NetworkSnapshot, plain)
    except BadRequest:
        return
    assert replace(made, revision=made.revision) == made


@given(json_values)
def test_garbage_instead_of_a_message_is_refused(garbage: object) -> None:
    with pytest.raises(BadRequest):
        from_wire(ReportReply, garbage)


@pytest.mark.parametrize("depth", [10, 900, 100_000])
@pytest.mark.parametrize("field", ["label", "vifs", "origin", "revision", "version", "type"])
def test_a_deeply_nested_field_is_refused_in_one_short_line(field: str, depth: int) -> None:
    bomb: list[object] = []
    for _ in range(depth):
        bomb = [bomb]

    with pytest.raises(BadRequest) as refusal:
        from_wire(NetworkSnapshot, to_wire(network()) | {field: bomb})

    assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(
    "value",
    [10**5000, float("nan"), float("inf"), "x" * 10**6, {1: [2]}],
    ids=["integer", "no number", "infinity", "text", "object"],
)
def test_a_huge_or_odd_value_is_refused_in_one_short_line(value: object) -> None:
    with pytest.raises(BadRequest) as refusal:
        from_wire(NetworkSnapshot, to_wire(network()) | {"cidr": value})

    assert len(str(refusal.value)) < 300
