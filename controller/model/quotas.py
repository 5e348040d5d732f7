"""Limits on what a project may have."""

from __future__ import annotations

from cloudnet.common.errors import FixedIpLimitExceeded, FloatingIpLimitExceeded, OutOfSupply

FIXED_IPS = "fixed_ips"
FLOATING_IPS = "floating_ips"
NO_LIMIT = -1

_REFUSALS: dict[str, type[OutOfSupply]] = {
    FIXED_IPS: FixedIpLimitExceeded,
    FLOATING_IPS: FloatingIpLimitExceeded,
}


def check_quota(resource: str, project: str, *, limit: int, used: int, wanted: int = 1) -> None:
    """Refuse a request that would exceed the limit.

    :raises OutOfSupply: a class of its own for each resource
    """
    if limit != NO_LIMIT and used + wanted > limit:
        raise _REFUSALS[resource](
            f"project {project} uses {used} of {limit} {resource}, {wanted} more is too many; "
            f"free some or raise it with `cloudnet-manage quota set`"
        )
