"""Whether iptables' libraries are installed, which python-iptables loads when it is imported."""

from __future__ import annotations

from cloudnet.common.errors import KernelRefused
from cloudnet.common.missing import describe_packages


def require_libraries() -> None:
    """Import python-iptables.

    :raises KernelRefused: libip4tc, libxtables or its extensions are not installed
    """
    try:
        import iptc  # noqa: F401, PLC0415 - an agent must be able to name what is missing
    except ModuleNotFoundError:
        raise
    except (
        Exception
    ) as error:  # AttributeError, OSError or XTablesError, depending on what is missing
        raise KernelRefused(
            f"the libraries of iptables are not installed ({describe_packages('libip4tc')}); "
            f"python-iptables: {error}"
        ) from error
