"""Which messages an agent obeys, and when it holds what the host has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudnet.agent.obedience import Obedience, explain_refusal, serves_guests
from cloudnet.common.wire.objects import Origin, ReportReply, Snapshot
from tests.fixtures.agent.snapshots import RANGES, bridged_only, gone, network, vif

ORIGIN = Origin("cloud-a", 10, "branch-1")
NEWER = replace(ORIGIN, generation=11)
OLDER = replace(ORIGIN, generation=9)
OTHER_BRANCH = replace(ORIGIN, branch="branch-2")
OTHER_CLOUD = replace(NEWER, cloud="cloud-b")
OLDER_COPY = (
    "the database is an older copy: this host has obeyed generation 10 of it, which was lost"
)


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-000000000{number}"


def serving(count: int) -> dict[str, Snapshot]:
    """Return networks that serve a guest each."""
    return {uuid(n): network(uuid(n), vifs=(vif(),)) for n in range(100, 100 + count)}


def reply(origin: Origin | None = ORIGIN, *stale: Snapshot, **more: object) -> ReportReply:
    return ReportReply(RANGES, stale, origin, **more)  # type: ignore[arg-type]


def judge(
    obedience: Obedience, answer: ReportReply, snapshots: Mapping[str, Snapshot] | None = None
) -> bool:
    return obedience.judge(answer, obedience.obeyed, snapshots or {})


@pytest.mark.parametrize(
    ("obeyed", "sent", "why"),
    [
        (None, None, None),
        (None, ORIGIN, None),
        (ORIGIN, ORIGIN, None),
        (ORIGIN, NEWER, None),
        (ORIGIN, replace(NEWER, branch="branch-2"), None),  # another controller has started
        (ORIGIN, None, "it names no cloud; this host has obeyed cloud cloud-a"),
        (
            ORIGIN,
            OTHER_CLOUD,
            "the database is of cloud cloud-b; this host has obeyed cloud cloud-a",
        ),
        (ORIGIN, OLDER, OLDER_COPY),
        (ORIGIN, OTHER_BRANCH, OLDER_COPY),
    ],
)
def test_only_this_cloud_and_no_older_copy_of_it_is_obeyed(
    obeyed: Origin | None, sent: Origin | None, why: str | None
) -> None:
    assert explain_refusal(obeyed, sent) == why


@pytest.mark.parametrize(
    ("snapshot", "serves"),
    [
        (network(vifs=(vif(),)), True),
        (network(), False),
        (bridged_only(vifs=(vif(),)), False),
        (gone(), False),
    ],
)
def test_a_host_serves_guests_as_their_gateway(snapshot: Snapshot, serves: bool) -> None:
    assert serves_guests(snapshot) is serves


def test_no_cast_is_obeyed_before_the_first_reply() -> None:
    obedience = Obedience(ORIGIN, 0.5)

    assert not obedience.may_cast(NEWER)
    assert judge(obedience, reply(ORIGIN))
    assert obedience.may_cast(NEWER)


@pytest.mark.parametrize("origin", [None, OLDER, OTHER_BRANCH, OTHER_CLOUD])
def test_a_cast_of_another_origin_is_not_obeyed_and_no_reason_to_hold(
    origin: Origin | None,
) -> None:
    obedience = Obedience(ORIGIN, 0.5)
    judge(obedience, reply(ORIGIN))

    assert not obedience.may_cast(origin)
    assert obedience.held is None


def test_a_cast_of_a_new_branch_waits_for_the_next_reply() -> None:
    """Only a controller can compare the state of the host with a restored database."""
    obedience = Obedience(ORIGIN, 0.5)
    judge(obedience, reply(ORIGIN))
    branched = replace(NEWER, branch="branch-2")

    assert not obedience.may_cast(branched)
    assert judge(obedience, reply(branched))
    obedience.obey(branched)
    assert obedience.may_cast(branched)


def test_a_cast_without_an_origin_is_obeyed_by_an_agent_that_has_obeyed_none() -> None:
    assert Obedience(None, 0.5).may_cast(None)
    assert not Obedience(None, 0.5).may_cast(ORIGIN)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(ORIGIN, refused="another agent reports for node1"), "another agent reports"),
        (reply(ORIGIN, behind="it lacks a guest"), "it lacks a guest"),
        (reply(OLDER), OLDER_COPY),
        (reply(None), "it names no cloud; this host has obeyed cloud cloud-a"),
    ],
)
def test_an_agent_that_refuses_a_reply_is_held_and_obeys_no_cast(
    answer: ReportReply, why: str
) -> None:
    obedience = Obedience(ORIGIN, 0.5)

    assert not judge(obedience, answer)
    assert obedience.held is not None
    assert obedience.held.startswith(why)
    assert not obedience.may_cast(NEWER)


def test_a_good_reply_ends_the_holding() -> None:
    obedience = Obedience(ORIGIN, 0.5)
    judge(obedience, reply(OLDER))

    assert judge(obedience, reply(NEWER))
    assert obedience.held is None


def test_an_operator_accepts_any_reply_but_not_another_agent() -> None:
    obedience = Obedience(ORIGIN, 0.5)

    assert judge(obedience, reply(OLDER, behind="it lacks a guest", accepted=True))
    assert not judge(obedience, reply(ORIGIN, refused="another agent", accepted=True))


@pytest.mark.parametrize(
    ("networks", "removed", "share", "obeyed"),
    [
        (2, 2, 0.0, True),  # two may always go
        (3, 3, 0.5, False),
        (10, 5, 0.5, True),
        (10, 6, 0.5, False),
        (10, 10, 1.0, True),
        (10, 3, 0.0, False),
    ],
)
def test_a_reply_ends_the_service_of_no_more_networks_than_the_share(
    networks: int, removed: int, share: float, obeyed: bool
) -> None:
    snapshots = serving(networks)
    stale = [gone(each) for each in list(snapshots)[:removed]]

    assert judge(Obedience(ORIGIN, share), reply(ORIGIN, *stale), snapshots) is obeyed


def test_the_reason_names_how_much_would_be_lost() -> None:
    obedience = Obedience(ORIGIN, 0.25)
    snapshots = serving(4)

    judge(obedience, reply(ORIGIN, *(gone(each) for each in snapshots)), snapshots)

    assert obedience.held == (
        "it would end the service of 4 of the 4 networks that serve guests here; the limit is the "
        "larger of 2 and 25%"
    )


@pytest.mark.parametrize("stale", [network, bridged_only, gone])
def test_a_network_without_its_guests_counts_as_lost_however_that_is_sent(stale: object) -> None:
    assert callable(stale)
    snapshots = serving(3)

    obeyed = judge(
        Obedience(ORIGIN, 0.0), reply(ORIGIN, *(stale(each) for each in snapshots)), snapshots
    )

    assert not obeyed


def test_networks_that_served_nobody_may_all_go() -> None:
    snapshots: dict[str, Snapshot] = {uuid(n): network(uuid(n)) for n in range(100, 110)}
    stale = [gone(each) for each in snapshots]

    assert judge(Obedience(ORIGIN, 0.0), reply(ORIGIN, *stale), snapshots)


def test_a_cast_that_arrived_after_the_report_does_not_make_its_reply_an_older_copy() -> None:
    obedience = Obedience(ORIGIN, 0.5)
    obedience.obey(replace(ORIGIN, generation=20))

    assert obedience.judge(reply(NEWER), ORIGIN, {})


@pytest.mark.parametrize(
    ("origin", "accepted", "obeyed"),
    [
        (None, False, ORIGIN),
        (NEWER, False, NEWER),
        (OLDER, False, ORIGIN),
        (OLDER, True, OLDER),
        (ORIGIN, True, ORIGIN),
    ],
)
def test_the_newest_origin_is_kept_unless_an_operator_accepts_an_older_one(
    origin: Origin | None, accepted: bool, obeyed: Origin
) -> None:
    obedience = Obedience(ORIGIN, 0.5)

    assert obedience.obey(origin, accepted=accepted) is (obeyed != ORIGIN)
    assert obedience.obeyed == obeyed


@given(st.lists(st.integers(1, 100), min_size=1))
def test_the_generation_that_was_obeyed_never_goes_down(generations: list[int]) -> None:
    obedience = Obedience(None, 0.5)

    for generation in generations:
        obedience.obey(replace(ORIGIN, generation=generation))

    assert obedience.obeyed == replace(ORIGIN, generation=max(generations))
