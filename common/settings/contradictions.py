"""Refuse options that are each right and cannot be right together."""

from __future__ import annotations

from ipaddress import IPv4Network

from oslo_config import cfg

from cloudnet.common.errors import ConfigurationError
from cloudnet.common.limits import VLAN_ID
from cloudnet.common.settings.check import Verdict
from cloudnet.common.wire.objects import Topology


def refuse_contradictions(conf: cfg.ConfigOpts, verdict: Verdict) -> None:
    """Look at what the two sides of cloudnet share.

    :raises ConfigurationError: two options contradict each other
    """
    _heartbeat(conf, verdict)
    _vlans(conf, verdict)
    _sizes(conf, verdict)


def _heartbeat(conf: cfg.ConfigOpts, verdict: Verdict) -> None:
    if conf.service_down_time <= conf.report_interval:
        raise ConfigurationError(
            f"{_said(conf, verdict, 'service_down_time', 'report_interval')}: every host would "
            f"count as down between two heartbeats; service_down_time of more than "
            f"{conf.report_interval} is needed"
        )


def _vlans(conf: cfg.ConfigOpts, verdict: Verdict) -> None:
    last = conf.vlan_start + conf.num_networks - 1
    room = VLAN_ID.highest + 1 - conf.vlan_start
    if conf.network_manager is Topology.VLAN and last > VLAN_ID.highest:
        raise ConfigurationError(
            f"{_said(conf, verdict, 'vlan_start', 'num_networks')}: the last network's VLAN id "
            f"would be {last}; num_networks of at most {room} is needed"
        )


def _sizes(conf: cfg.ConfigOpts, verdict: Verdict) -> None:
    fixed_range: IPv4Network = conf.fixed_range
    there, size = fixed_range.num_addresses, rounded_up(network_size(conf, verdict))
    if size > there:
        raise ConfigurationError(
            f"{_said(conf, verdict, 'network_size', 'fixed_range')}: the range has {there} "
            f"addresses; network_size of at most {there} is needed"
        )
    if size * conf.num_networks > there:
        raise ConfigurationError(
            f"{_said(conf, verdict, 'num_networks', 'network_size', 'fixed_range')}: the range has "
            f"room for {there // size} networks of {size} addresses; fewer or smaller networks, or "
            "a larger fixed_range, are needed"
        )


def network_size(conf: cfg.ConfigOpts, verdict: Verdict) -> int:
    """Return the addresses of a new network; nobody having said so, a small range is used whole."""
    size: int = conf.network_size
    if verdict.origin("DEFAULT", "network_size") is not None:
        return size
    fixed_range: IPv4Network = conf.fixed_range
    share = fixed_range.num_addresses // int(conf.num_networks)
    return min(size, 1 << (share.bit_length() - 1)) if share else size


def rounded_up(size: int) -> int:
    """Return the power of two that a network of this size really takes."""
    return 1 << (size - 1).bit_length()


def _said(conf: cfg.ConfigOpts, verdict: Verdict, *names: str) -> str:
    """Return the place of the first of them that anybody set, and what they all are."""
    place = "defaults"
    for name in names:
        origin = verdict.origin("DEFAULT", name)
        if origin is not None:
            place = origin.where
            break
    return f"{place}: [DEFAULT] " + ", ".join(f"{name} = {conf[name]}" for name in names)
