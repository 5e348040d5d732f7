"""Each error reaches nova's client as a class of nova's, and cloudnet's client as itself."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from cloudnet.client import NetworkAPI
from cloudnet.common import errors, rpc
from cloudnet.common.rpc import messaging
from cloudnet.controller.endpoint.nova_errors import NOVA_MODULE, NOVA_NAMES, to_nova

URL = "kombu+memory://"  # it encodes messages, which fake:// does not
RAISED = sorted(
    (
        class_
        for _, class_ in inspect.getmembers(errors, inspect.isclass)
        if issubclass(class_, errors.CloudnetError)
        and class_ is not errors.ConfigurationError
        and errors.KernelRefused not in class_.__bases__  # of agents
    ),
    key=lambda class_: class_.__name__,
)


class StandInError(Exception):
    """Takes what nova's exceptions take: a message, or keywords to make one of."""

    def __init__(self, message: str | None = None, **kwargs: Any) -> None:
        self.kwargs = kwargs
        super().__init__(message)


class Raising:
    target = messaging.Target(version="1.17")

    def get_all_networks(self, context: Any) -> None:
        raise getattr(errors, context["raises"])("network private: give it more addresses")


@pytest.fixture(scope="module")
def nova() -> Iterator[ModuleType]:
    """A module with the name of nova's, as a compute service has it."""
    module = ModuleType(NOVA_MODULE)
    for name in NOVA_NAMES.values():
        setattr(module, name, type(name, (StandInError,), {"__module__": NOVA_MODULE}))
    sys.modules["nova"], sys.modules[NOVA_MODULE] = ModuleType("nova"), module
    yield module
    del sys.modules[NOVA_MODULE], sys.modules["nova"]


@pytest.fixture(scope="module")
def exchange() -> Iterator[str]:
    transport = rpc.create_transport(rpc.get_default_conf(), URL, "errors")
    server = rpc.create_server(transport, "network", "here", [Raising()], translate_error=to_nova)
    server.start()
    yield "errors"
    server.stop()
    server.wait()


@pytest.fixture(scope="module")
def nova_client(exchange: str) -> Any:
    """A client with nova's list of modules."""
    conf = rpc.get_default_conf()
    conf.set_default("control_exchange", exchange)
    transport = messaging.get_rpc_transport(conf, url=URL, allowed_remote_exmods=[NOVA_MODULE])
    return rpc.create_client(transport, "network", 5)


@pytest.fixture(scope="module")
def own_client(exchange: str) -> Iterator[NetworkAPI]:
    api = NetworkAPI(URL, control_exchange=exchange, timeout_seconds=5)
    yield api
    api.close()


def test_every_error_has_a_class_of_novas() -> None:
    assert set(NOVA_NAMES) == set(RAISED)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: error.__name__)
def test_novas_client_raises_the_class_of_the_table(
    nova: ModuleType, nova_client: Any, error: type[errors.CloudnetError]
) -> None:
    class_ = getattr(nova, NOVA_NAMES[error])

    with pytest.raises(class_) as raised:
        nova_client.call({"raises": error.__name__}, "get_all_networks")

    assert raised.value.args == ("network private: give it more addresses",)
    assert raised.value.kwargs["cloudnet_error"] == error.__name__
    assert "File" not in str(raised.value)  # no stack of the server


@pytest.mark.parametrize("error", RAISED, ids=lambda error: error.__name__)
def test_cloudnets_client_raises_cloudnets_class(
    own_client: NetworkAPI, error: type[errors.CloudnetError]
) -> None:
    with pytest.raises(errors.CloudnetError, match="more addresses") as raised:
        own_client.get_all_networks({"raises": error.__name__})

    assert type(raised.value) is error


def test_an_error_without_an_entry_is_sent_as_its_family() -> None:
    class NewError(errors.NotFound):
        """Some day's."""

    assert type(to_nova(NewError("gone"))).__name__ == "NotFound"
