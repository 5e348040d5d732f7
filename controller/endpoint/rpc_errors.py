"""What all RPC methods have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from cloudnet.common import rpc
from cloudnet.common.errors import CloudnetError
from cloudnet.common.rpc import messaging

Context = Mapping[str, Any]  # Any: JSON
Method = TypeVar("Method", bound=Callable[..., Any])  # Any: JSON out

NETWORK_TARGET = messaging.Target(version=rpc.NETWORK_VERSION)
CONTROLLER_TARGET = messaging.Target(version=rpc.CONTROLLER_VERSION)


def expected(method: Method) -> Method:
    """Let our own errors go to the caller under their names, without a traceback in the log.

    Any other error is a bug of ours; it goes to the caller too, and the log has all of it.
    """
    # The library's wrapper hides what arguments there are, and they are checked before the call.
    return cast("Method", wraps(method)(messaging.expected_exceptions(CloudnetError)(method)))
