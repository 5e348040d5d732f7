"""Every option there is, by group: nova-network's names in nova-network's places, and ours."""

from __future__ import annotations

from collections.abc import Mapping

from oslo_config import cfg

from cloudnet.common.settings.options.addressing import ADDRESSING
from cloudnet.common.settings.options.broker import RABBIT, SHARED
from cloudnet.common.settings.options.cloudpipe import CLOUDPIPE, CLOUDPIPE_ELSEWHERE
from cloudnet.common.settings.options.dataplane import DATAPLANE
from cloudnet.common.settings.options.dhcp import DHCP
from cloudnet.common.settings.options.dns import DNS
from cloudnet.common.settings.options.own import OWN
from cloudnet.common.settings.options.quota import QUOTA, TENANT_NETWORKS
from cloudnet.common.settings.options.service import (
    API,
    CELLS,
    DATABASE,
    LOCKS,
    SERVICE,
    UPGRADE_LEVELS,
)
from cloudnet.common.settings.options.topology import TOPOLOGY

GROUPS: Mapping[str, tuple[cfg.Opt, ...]] = {
    "DEFAULT": (
        *TOPOLOGY,
        *ADDRESSING,
        *DATAPLANE,
        *DHCP,
        *SERVICE,
        *RABBIT,
        *TENANT_NETWORKS,
        *DNS,
        *CLOUDPIPE_ELSEWHERE,
    ),
    "cloudnet": OWN,
    "database": DATABASE,
    "quota": QUOTA,
    "cloudpipe": CLOUDPIPE,
    "oslo_concurrency": LOCKS,
    "upgrade_levels": UPGRADE_LEVELS,
    "cells": CELLS,
    "api": API,
}

__all__ = ["GROUPS", "SHARED"]
