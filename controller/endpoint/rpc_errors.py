"""What all RPC methods share: versions, the type of a context, and how errors reach the caller."""

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


def map_errors(method: Method) -> Method:
    """Send cloudnet's errors to the caller under their names, without a traceback in the log.

    Any other error is a bug: it is sent to the caller too, and its traceback is logged.
    """
    # wraps() keeps the signature, which rpc checks the arguments against before the call.
    return cast("Method", wraps(method)(messaging.expected_exceptions(CloudnetError)(method)))
