"""Every option by group: nova-network's names in nova-network's places, and cloudnet's own."""

from __future__ import annotations

from collections.abc import Mapping

from oslo_config import cfg

from cloudnet.common.settings.options.broker import RABBIT, SHARED
from cloudnet.common.settings.options.dns import CLOUDNET_DNS, DNS, DNS_SERVER
from cloudnet.common.settings.options.hosts import HOSTS
from cloudnet.common.settings.options.networks import NETWORKS
from cloudnet.common.settings.options.no_effect import WITHOUT_EFFECT, WORTH_A_WARNING
from cloudnet.common.settings.options.service import CLOUDNET, DATABASE, QUOTA, SERVICE

WITH_EFFECT: Mapping[str, tuple[cfg.Opt, ...]] = {
    "DEFAULT": (*NETWORKS, *DNS, *HOSTS, *SERVICE, *RABBIT),
    "cloudnet": (*CLOUDNET, *CLOUDNET_DNS),
    "database": DATABASE,
    "dns": DNS_SERVER,
    "quota": QUOTA,
}

GROUPS: Mapping[str, tuple[cfg.Opt, ...]] = {
    group: (*WITH_EFFECT.get(group, ()), *WITHOUT_EFFECT.get(group, ()))
    for group in dict.fromkeys((*WITH_EFFECT, *WITHOUT_EFFECT))
}

HAS_NO_EFFECT = frozenset(
    (group, option.dest) for group, options in WITHOUT_EFFECT.items() for option in options
)

__all__ = [
    "GROUPS",
    "HAS_NO_EFFECT",
    "SHARED",
    "WITHOUT_EFFECT",
    "WITH_EFFECT",
    "WORTH_A_WARNING",
]
