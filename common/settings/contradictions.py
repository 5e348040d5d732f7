"""Find values that are valid one by one and not together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from oslo_config import cfg

from cloudnet.common.limits import VLAN_ID
from cloudnet.common.settings.check import Checked
from cloudnet.common.settings.views import DnsDriver
from cloudnet.common.wire.objects import Topology


def check_contradictions(conf: cfg.ConfigOpts, checked: Checked) -> list[str]:
    """Return the errors of the controller's options that contradict each other."""
    return [
        f"{_format_options(conf, checked, names)}: {error}"
        for names, error in (
            *_check_heartbeat(conf),
            *_check_vlan_ids(conf),
            *_check_sizes(conf, checked),
            *_check_dns_server(conf),
        )
    ]


_Errors = Iterator[tuple[tuple[str, ...], str]]  # the names of options in [DEFAULT], and why


def _check_heartbeat(conf: cfg.ConfigOpts) -> _Errors:
    if conf.service_down_time <= conf.report_interval:
        error = (
            "every host would count as down between two heartbeats; service_down_time of more "
            f"than {conf.report_interval} is needed"
        )
        yield ("service_down_time", "report_interval"), error


def _check_dns_server(conf: cfg.ConfigOpts) -> _Errors:
    for option in ("instance_dns_manager", "floating_ip_dns_manager"):
        if conf[option] is DnsDriver.RFC2136:
            if conf.dns.server is None:
                yield (option,), "[dns] server, the address of the DNS server, is needed"
            if (conf.dns.key_name is None) != (conf.dns.key_secret is None):
                yield (option,), "[dns] key_name and key_secret are needed together"


def _check_vlan_ids(conf: cfg.ConfigOpts) -> _Errors:
    last = conf.vlan_start + conf.num_networks - 1
    if conf.network_manager is Topology.VLAN and last > VLAN_ID.highest:
        most = VLAN_ID.highest + 1 - conf.vlan_start
        error = (
            f"the last network's VLAN id would be {last}; num_networks of at most {most} is needed"
        )
        yield ("vlan_start", "num_networks"), error


def _check_sizes(conf: cfg.ConfigOpts, checked: Checked) -> _Errors:
    fixed_range: IPv4Network | None = conf.fixed_range
    if fixed_range is None:
        return
    available = fixed_range.num_addresses
    size = _round_up(derive_network_size(conf, checked))
    if size > available:
        error = (
            f"the range has {available} addresses; network_size of at most {available} is needed"
        )
        yield ("network_size", "fixed_range"), error
    elif size * conf.num_networks > available:
        error = (
            f"the range has room for {available // size} networks of {size} addresses; fewer or "
            "smaller networks, or a larger fixed_range, are needed"
        )
        yield ("num_networks", "network_size", "fixed_range"), error


def derive_network_size(conf: cfg.ConfigOpts, checked: Checked) -> int:
    """Return the addresses of a new network: if network_size is not set, at most its share."""
    size: int = conf.network_size
    fixed_range: IPv4Network | None = conf.fixed_range
    if fixed_range is None or checked.find_origin("DEFAULT", "network_size") is not None:
        return size
    share = fixed_range.num_addresses // int(conf.num_networks)
    return min(size, 1 << (share.bit_length() - 1)) if share else size


def _round_up(size: int) -> int:
    """Return the power of two that a network of this size takes."""
    return 1 << (size - 1).bit_length()


def _format_options(conf: cfg.ConfigOpts, checked: Checked, names: Sequence[str]) -> str:
    """Return the place of the first option that a file sets, and the values of all."""
    origins = (checked.find_origin("DEFAULT", name) for name in names)
    place = next((origin.place for origin in origins if origin is not None), "defaults")
    return f"{place}: [DEFAULT] " + ", ".join(f"{name} = {conf[name]}" for name in names)
