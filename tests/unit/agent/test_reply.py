"""A snapshot in a reply that cannot be decoded stops no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cloudnet.agent.desired import DesiredStore
from cloudnet.agent.reply import decode_reply
from cloudnet.agent.snapshot_cache import SnapshotCache
from cloudnet.common.errors import BadRequest
from cloudnet.common.wire.codec import to_wire
from cloudnet.common.wire.objects import FixedRanges, Origin, ReportReply, Undecoded
from tests.fixtures.agent.snapshots import OTHER, PRIVATE, RANGES, gone, network

REPLY = ReportReply(RANGES, (network(), gone(OTHER)))


def test_a_reply_is_decoded_as_it_was_sent() -> None:
    assert decode_reply(to_wire(REPLY)) == REPLY


@pytest.mark.parametrize(
    ("entry", "uuid", "reason"),
    [
        (
            to_wire(network(OTHER)) | {"topology": "vxlan"},
            OTHER,
            "message.topology: 'vxlan' is not a valid Topology",
        ),
        (to_wire(gone(OTHER)) | {"revision": None}, OTHER, "message.revision: int is needed"),
        ({"type": "Router", "network": [1]}, "", "message: a NetworkSnapshot is needed"),
        (7, "", "message: a NetworkSnapshot is needed"),
    ],
)
def test_one_snapshot_that_cannot_be_decoded_leaves_the_others(
    tmp_path: Path, entry: object, uuid: str, reason: str
) -> None:
    encoded = to_wire(REPLY)
    encoded["stale"] = [entry, to_wire(network())]

    reply = decode_reply(encoded)
    store = DesiredStore("node1", SnapshotCache(tmp_path))
    store.put_reply(reply)

    undecoded = reply.stale[0]
    assert isinstance(undecoded, Undecoded)
    assert undecoded.network == uuid
    assert undecoded.reason.startswith(reason)
    assert store.desired().snapshots == (network(),)
    assert not store.desired().synced


def test_a_network_that_cannot_be_decoded_is_not_taken_for_one_that_ends(tmp_path: Path) -> None:
    store = DesiredStore("node1", SnapshotCache(tmp_path))
    store.put_reply(ReportReply(RANGES, (network(),)))

    store.put_reply(ReportReply(RANGES, (Undecoded(PRIVATE, "a newer topology"),)))

    assert store.desired().snapshots == (network(),)
    assert store.held is None


@pytest.mark.parametrize(
    "reply",
    [
        replace(REPLY, ranges=FixedRanges(2**63, ())),
        replace(REPLY, origin=Origin("cloud", 1, OTHER)),
        replace(REPLY, origin=Origin(OTHER, 2**63, OTHER)),
    ],
)
def test_a_reply_is_refused_whose_values_the_host_could_not_report(reply: ReportReply) -> None:
    with pytest.raises(BadRequest):
        decode_reply(to_wire(reply))


def test_the_reply_of_a_controller_without_networks_is_valid() -> None:
    assert decode_reply(to_wire(ReportReply(FixedRanges(0, ()), ()))).stale == ()
