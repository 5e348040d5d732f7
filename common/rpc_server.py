"""RPC servers: what is called, how long it may take, and how results and errors reach the caller.

A method that has to wait returns a ``Future``: its worker is free at once, and the reply is sent by
the thread that completes the future.

The dispatcher and the server override private methods of the library's, because there is no other
place to refuse wrong arguments in one line and to stop soon; setup.cfg bounds the library's version
for that.
"""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from cloudnet.common import errors
from cloudnet.common.deadline import time_limit
from cloudnet.common.queue_library import RpcAMQPListener, messaging
from cloudnet.common.request import describe_call, serving
from cloudnet.common.topics import HOSTS_TOPIC, NETWORK_TOPIC

LOG = logging.getLogger(__name__)

# The part of a caller's timeout within which a call must be committed; the rest is for the queue.
WORKING_SHARE = 0.8

LISTEN_SECONDS = 0.5  # the longest that a server without calls takes to stop

TIMEOUT_KEY = "timeout_seconds"
"""In a call's context: how long its caller waits, if that is not ``rpc_response_timeout``."""

OWN_ERRORS_KEY = "own_errors"
"""In a call's context, true: the caller has the classes of cloudnet's errors."""

CALLED_HOST_KEY = "called_host"
"""In the context that a method receives: the host of the topic ``network.<host>`` that was called;
absent on other topics."""

ErrorTranslation = Callable[[errors.CloudnetError], Exception]

_CALL_VERSION = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")


def create_server(
    transport: messaging.Transport,
    topic: str,
    host: str,
    endpoints: Sequence[object],
    *,
    response_seconds: float = 60,
    translate_error: ErrorTranslation | None = None,
) -> messaging.RPCServer:
    """Return a server on ``topic`` and ``topic.host``; methods named ``_…`` cannot be called.

    :param response_seconds: how long callers without a timeout of their own wait for a reply
    :param translate_error: returns the error for a caller without cloudnet's error classes; None:
        all callers have them
    """
    dispatcher = Dispatcher(endpoints, None, messaging.DefaultRPCAccessPolicy)
    dispatcher.response_seconds = response_seconds
    dispatcher.translate_error = translate_error
    dispatcher.names_callers = topic in {NETWORK_TOPIC, HOSTS_TOPIC}  # not agents
    target = messaging.Target(topic=topic, server=host)
    return _Server(transport, target, dispatcher, executor="threading")


class Dispatcher(messaging.RPCDispatcher):  # type: ignore[misc]  # the library has no types
    """Send errors without a stack, and refuse wrong calls in one line.

    An error that is not cloudnet's is a bug: the library logs its stack and sends it.
    """

    response_seconds: float = 60
    translate_error: ErrorTranslation | None = None
    names_callers = False

    def dispatch(self, incoming: Any) -> Any:  # Any: the library's message; JSON out
        message, context = incoming.message, incoming.ctxt
        _add_called_host(message, context)
        method = message.get("method")
        try:
            _check_call(message)
            with self._serving(message, context), time_limit(self._get_limit_seconds(context)):
                return super().dispatch(incoming)
        except errors.DeadlinePassed as error:
            LOG.warning(
                "%.80s: rolled back: it was not done in the %.0f s for which its caller waits",
                method,
                self._get_limit_seconds(context),
            )
            raise self.expect(error, context) from error
        except (messaging.NoSuchMethod, messaging.UnsupportedVersion) as error:
            LOG.warning("refused a call of %.80s: %.300s", method, error)
            raise messaging.ExpectedException from error
        except errors.InvalidInput as error:
            LOG.warning("refused a call of %.80s: %.300s", method, error)
            raise self.expect(error, context) from error

    def _serving(
        self, message: Mapping[str, Any], context: Mapping[str, Any]
    ) -> AbstractContextManager[None]:  # Any: JSON
        """Let logs, histories and the operation log name the call and its caller."""
        if not self.names_callers:
            return nullcontext()
        return serving(describe_call(message["method"], message.get("args"), context))

    def _get_limit_seconds(self, context: Mapping[str, Any]) -> float:  # Any: JSON
        """Return how long the call may take: its caller's timeout, at the most the usual time."""
        timeout = context.get(TIMEOUT_KEY)
        if not isinstance(timeout, int | float) or isinstance(timeout, bool) or timeout <= 0:
            timeout = self.response_seconds
        return min(float(timeout), self.response_seconds) * WORKING_SHARE

    def _do_dispatch(self, endpoint: Any, method: str, ctxt: Any, args: Any) -> Any:
        if not isinstance(args, Mapping):
            raise errors.InvalidInput(f"{method}: arguments by name are needed, not {args!r}")
        try:
            inspect.signature(getattr(endpoint, method)).bind(ctxt, **args)
        except TypeError as error:
            raise errors.InvalidInput(f"{method}: {error}") from error
        try:
            return super()._do_dispatch(endpoint, method, ctxt, args)
        except errors.DeadlinePassed:
            raise
        except errors.CloudnetError as error:
            raise self.expect(error, ctxt) from error

    def expect(
        self, error: errors.CloudnetError, context: Mapping[str, Any]
    ) -> messaging.ExpectedException:
        """Return what the library sends to the caller as this error, without a stack."""
        knows_ours = self.translate_error is None or context.get(OWN_ERRORS_KEY) is True
        if knows_ours or self.translate_error is None:
            sent = _get_known(error)
        else:
            sent = self.translate_error(error)
        expected = messaging.ExpectedException()
        expected.exc_info = (type(sent), sent.with_traceback(None), None)
        return expected


def _get_known(error: errors.CloudnetError) -> Exception:
    """Return the error as a public class; an internal class becomes its public base class."""
    class_ = next(each for each in type(error).__mro__ if each.__module__ == errors.__name__)
    return error if class_ is type(error) else class_(str(error))


class _Server(messaging.rpc.server.RPCServer):  # type: ignore[misc]  # the library has no types
    """A server whose methods may return a future."""

    def _create_listener(self) -> Any:  # Any: the library's
        # An idle listener sees that it has to stop only when a wait for messages ends. The
        # library's own waits grow to 5 s.
        listener = self.transport._listen(self._target, 1, LISTEN_SECONDS)  # noqa: SLF001
        source = getattr(listener, "_poll_style_listener", None)
        if isinstance(source, RpcAMQPListener):  # not a queue in memory
            _leave_late_messages(source)
        return listener

    def _process_incoming(self, incoming: Any) -> None:
        [message] = incoming
        super()._process_incoming([_Call(message, self.dispatcher)])


def _leave_late_messages(listener: RpcAMQPListener) -> None:
    """Leave what arrives while a stopped server closes its connection to other servers.

    The library acknowledges it, and has no thread that would process it: the call would be lost.
    The broker gives what is not acknowledged to another server once the connection is closed.
    """

    def take_in_time(take: Callable[[Any], None], message: Any) -> None:  # Any: the library's
        if not listener._shutoff.is_set():  # noqa: SLF001 - as above
            take(message)

    for consumer in listener.conn.connection._consumers:  # noqa: SLF001
        consumer.callback = partial(take_in_time, consumer.callback)


class _Call:
    """A message of the library's, whose reply waits for a future."""

    def __init__(self, message: Any, dispatcher: Dispatcher) -> None:
        self._message = message
        self._dispatcher = dispatcher

    def __getattr__(self, name: str) -> Any:
        return getattr(self._message, name)

    def reply(self, reply: Any = None, failure: Any = None) -> None:
        """Send the reply, or let the future that the method has returned send it."""
        if isinstance(reply, Future):
            reply.add_done_callback(self._reply_later)
        else:
            self._message.reply(reply, failure)

    def _reply_later(self, future: Future[Any]) -> None:
        try:
            error = future.exception()
            if error is None:
                self._message.reply(future.result())
            else:
                self._message.reply(failure=self._get_failure(error))
        except Exception:
            LOG.exception("cannot send the reply to %.80s", self._message.message.get("method"))

    def _get_failure(self, error: BaseException) -> Any:
        if isinstance(error, errors.CloudnetError):
            return self._dispatcher.expect(error, self._message.ctxt).exc_info
        LOG.error("%.80s failed", self._message.message.get("method"), exc_info=error)
        return type(error), error, error.__traceback__


def _add_called_host(message: Any, context: dict[str, Any]) -> None:  # Any: the library's; JSON
    """Set the host that a call names by its topic alone, as nova's clients do."""
    context.pop(CALLED_HOST_KEY, None)
    delivery = getattr(getattr(message, "_raw_message", None), "delivery_info", {})
    topic, _, host = str(delivery.get("routing_key")).partition(".")
    if topic == NETWORK_TOPIC and host:
        context[CALLED_HOST_KEY] = host


def _check_call(message: Mapping[str, Any]) -> None:  # Any: JSON
    """Refuse a message that no client sends.

    :raises InvalidInput: the method or the version has no usable form
    """
    method, version = message.get("method"), message.get("version", "1.0")
    if not isinstance(method, str):
        raise errors.InvalidInput(f"method: a name is needed, not {method!r}")
    if not _CALL_VERSION.fullmatch(str(version)):
        raise errors.InvalidInput(f"version: a number such as 1.0 is needed, not {version!r}")
