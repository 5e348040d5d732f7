"""How much a project may have."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common.settings.option_types import Text
from cloudnet.common.settings.options.wording import NO_EFFECT


def _formerly(name: str) -> list[cfg.DeprecatedOpt]:
    return [cfg.DeprecatedOpt(name, group="DEFAULT")]


QUOTA: tuple[cfg.Opt, ...] = (
    cfg.IntOpt(
        "floating_ips",
        default=10,
        min=-1,
        deprecated_opts=_formerly("quota_floating_ips"),
        help="How many floating IPs a project may hold that has no quota of its own; -1: any "
        "number.",
    ),
    cfg.IntOpt(
        "fixed_ips",
        default=-1,
        min=-1,
        deprecated_opts=_formerly("quota_fixed_ips"),
        help="How many fixed IPs a project may hold that has no quota of its own; -1: any number. "
        "It does not hold for VLAN networks, which are a project's own.",
    ),
    cfg.BoolOpt(
        "recheck_quota",
        default=True,
        help="Whether nova counted again after it had taken. "
        f"{NO_EFFECT} cloudnet counts in the transaction that takes.",
    ),
    cfg.IntOpt(
        "reservation_expire",
        default=86400,
        min=0,
        deprecated_opts=_formerly("reservation_expire"),
        help=f"Seconds after which nova's quota reservations expired. {NO_EFFECT}",
    ),
    cfg.IntOpt(
        "until_refresh",
        default=0,
        min=0,
        deprecated_opts=_formerly("until_refresh"),
        help=f"How many reservations went by before nova counted anew. {NO_EFFECT}",
    ),
    cfg.IntOpt(
        "max_age",
        default=0,
        min=0,
        deprecated_opts=_formerly("max_age"),
        help=f"Seconds after which nova counted anew. {NO_EFFECT}",
    ),
    cfg.Opt(
        "driver",
        type=Text(),
        default="nova.quota.DbQuotaDriver",
        deprecated_opts=_formerly("quota_driver"),
        help=f"nova's class for quotas. {NO_EFFECT}",
    ),
)

TENANT_NETWORKS: tuple[cfg.Opt, ...] = (
    cfg.BoolOpt(
        "enable_network_quota",
        default=False,
        help=f"Whether the number of a project's networks is limited. {NO_EFFECT}",
    ),
    cfg.IntOpt(
        "quota_networks",
        default=3,
        min=-1,
        help=f"How many networks a project may have; -1: any number. {NO_EFFECT}",
    ),
)
