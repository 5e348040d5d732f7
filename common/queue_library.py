"""The only import of oslo.messaging.

It imports eventlet, which never runs here, and eventlet prints a warning in every command.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oslo_messaging as messaging  # noqa: TID251 - the only import of it
    from oslo_messaging import opts as messaging_opts  # noqa: TID251 - as above

__all__ = ["messaging", "messaging_opts"]
