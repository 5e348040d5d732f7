"""Pure: what an agent reports about its host after a reconcile pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from cloudnet.agent.desired import DesiredState
from cloudnet.agent.node.plan import Step, Verb
from cloudnet.agent.node.render import Rendered
from cloudnet.agent.node.resources.actual import HostRange
from cloudnet.agent.node.resources.base import Resources
from cloudnet.agent.node.resources.bridge import Bridge
from cloudnet.agent.node.resources.lease import Lease
from cloudnet.common.wire.objects import (
    OUT_OF_SYNC,
    Applied,
    Fault,
    NetworkGone,
    ReportedLease,
    ReportedRange,
)

MOST_RANGES = 1000  # in a report


@dataclass(frozen=True)
class HostStatus:
    """How far the actual state of a host agrees with the desired state."""

    applied: tuple[Applied, ...] = ()  # networks in sync, with their revisions
    gone: tuple[NetworkGone, ...] = ()  # networks of which the host has nothing left
    out_of_sync: frozenset[str] = frozenset()  # networks that agree with no revision
    faults: tuple[Fault, ...] = ()
    leases: tuple[Lease, ...] | None = None  # None: not known
    bridges: tuple[tuple[str, str], ...] = ()  # of cloudnet: (name, network uuid)
    host_ranges: tuple[HostRange, ...] | None = None  # None: not known

    @cached_property
    def reported_applied(self) -> tuple[Applied, ...]:
        """The revision of each network of which the host has or had anything."""
        every = (
            *self.applied,
            *(Applied(gone.network, gone.revision) for gone in self.gone),
            *(Applied(network, OUT_OF_SYNC) for network in self.out_of_sync),
        )
        return tuple(sorted(every, key=lambda applied: applied.network))

    @cached_property
    def reported_leases(self) -> tuple[ReportedLease, ...] | None:
        """The leases, with networks in place of bridges; None: not known."""
        if self.leases is None:
            return None
        network_of = dict(self.bridges)
        reported = (
            ReportedLease(network_of[lease.bridge], lease.address, lease.mac)
            for lease in self.leases
            if lease.bridge in network_of
        )
        return tuple(sorted(reported, key=lambda lease: (lease.network, lease.address)))

    @cached_property
    def reported_ranges(self) -> tuple[ReportedRange, ...] | None:
        """What the host reaches by links of its own, and other hosts may, too; None: not known."""
        if self.host_ranges is None:
            return None
        ours = {name for name, _ in self.bridges}
        reported = (
            ReportedRange(each.device, each.network, each.address)
            for each in self.host_ranges
            if ours.isdisjoint(each.devices)
            and not each.network.is_loopback
            and not each.network.is_link_local
        )
        return tuple(islice(reported, MOST_RANGES))


@dataclass(frozen=True)
class Outcome:
    """A reconcile pass: what was desired, what was read, and what was not done."""

    desired: DesiredState
    rendered: Rendered
    actual: Resources  # after the steps; as it was read, if some of them are open
    open_steps: Sequence[Step] = ()  # blocked, failed or not tried
    failures: Mapping[str, str] | None = None  # of open steps: key → line; None: there are none
    host_ranges: tuple[HostRange, ...] | None = None  # None: not known

    @cached_property
    def bridges(self) -> dict[str, str]:
        """The network uuid of each bridge."""
        return {
            resource.name: resource.network
            for resource in self.actual.values()
            if isinstance(resource, Bridge)
        }

    @cached_property
    def lingering(self) -> set[str]:
        """The networks of which something could not be removed."""
        stuck = (step.resource.bridge_name for step in self.open_steps if step.verb is Verb.REMOVE)
        return {self.bridges[name] for name in stuck if name in self.bridges}


def build_status(outcome: Outcome) -> HostStatus:
    """Return the status of a host after a pass."""
    applied, gone = tuple(_list_applied(outcome)), tuple(_list_gone(outcome))
    in_sync = {each.network for each in applied} | {each.network for each in gone}
    return HostStatus(
        applied=applied,
        gone=gone,
        out_of_sync=_list_out_of_sync(outcome, in_sync),
        faults=tuple(_list_faults(outcome)),
        leases=tuple(each for each in outcome.actual.values() if isinstance(each, Lease)),
        bridges=tuple(sorted(outcome.bridges.items())),
        host_ranges=outcome.host_ranges,
    )


def build_unreadable_status(desired: DesiredState, before: HostStatus, why: str) -> HostStatus:
    """Return the status of a host that cannot be read: every network may be out of sync.

    :param before: the last status
    """
    known = {snapshot.network for snapshot in desired.snapshots}
    return HostStatus(
        out_of_sync=frozenset(known.union(each.network for each in before.reported_applied)),
        faults=(Fault(None, why),),
    )


def _list_applied(outcome: Outcome) -> Iterable[Applied]:
    rendered = outcome.rendered
    open_keys = {step.resource.key for step in outcome.open_steps if step.verb is Verb.ENSURE}
    if not open_keys.isdisjoint(rendered.shared):
        return
    for snapshot in outcome.desired.networks:
        resources = rendered.networks.get(snapshot.network)
        if resources is not None and open_keys.isdisjoint(resources):
            yield Applied(snapshot.network, snapshot.revision)


def _list_gone(outcome: Outcome) -> Iterable[NetworkGone]:
    if outcome.desired.synced:
        for gone in outcome.desired.gone:
            if gone.network not in outcome.lingering:
                yield gone


def _list_out_of_sync(outcome: Outcome, in_sync: set[str]) -> frozenset[str]:
    """Return the desired networks that are not in sync, and the others that still exist."""
    desired = {snapshot.network for snapshot in outcome.desired.snapshots}
    others = set(outcome.bridges.values()) - desired
    if outcome.desired.synced:
        others &= outcome.lingering
    return frozenset(desired - in_sync | others)


def _list_faults(outcome: Outcome) -> Iterable[Fault]:
    for fault in outcome.rendered.faults:
        yield fault.reported
    failures = outcome.failures or {}
    for step in outcome.open_steps:
        key = step.resource.key
        if key in failures:
            yield Fault(_owner(outcome.rendered, key), failures[key])


def _owner(rendered: Rendered, key: str) -> str | None:
    """Return the network that needs the resource; None: several do, or none."""
    owners = [network for network, resources in rendered.networks.items() if key in resources]
    return owners[0] if len(owners) == 1 else None
