"""The client of a compute service: the network service's RPC methods as Python methods."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from oslo_config import cfg

from cloudnet.common import rpc
from cloudnet.common.client.addresses import AddressCalls
from cloudnet.common.client.connection import Connection
from cloudnet.common.client.dns import DnsCalls
from cloudnet.common.client.floating_ips import FloatingIpCalls
from cloudnet.common.client.instances import InstanceCalls
from cloudnet.common.client.lookups import LookupCalls
from cloudnet.common.client.migrations import MigrationCalls
from cloudnet.common.client.networks import NetworkCalls
from cloudnet.common.client.wiring import WiringCalls


class NetworkAPI(
    InstanceCalls,
    WiringCalls,
    AddressCalls,
    MigrationCalls,
    LookupCalls,
    FloatingIpCalls,
    NetworkCalls,
    DnsCalls,
):
    """The network service, called over the message broker.

    The names of methods and arguments are those of nova; arguments that only cloudnet has are
    optional. Any number of threads can use one object. In a process that forks, each process gets a
    connection of its own with its first call; fork while no thread is in a call. The object is also
    a context manager, which closes it.

    :param transport_url: of RabbitMQ, e.g. ``rabbit://guest:guest@172.16.99.1:5672/``
    :param timeout_seconds: how long a call takes at the most before it raises :class:`NoReply`;
        all that it does is included: connecting, sending, and waiting for the reply. As long as no
        broker has answered, a call raises :class:`BrokerUnavailable` at once
    :param conf: the configuration of oslo.messaging, for example for TLS (default: one of its own,
        with the library's defaults). Neither it nor the global ``cfg.CONF`` is changed
    :raises BadRequest: the transport URL is none of a broker
    """

    def __init__(
        self,
        transport_url: str,
        *,
        control_exchange: str = "nova",
        timeout_seconds: float = 60,
        conf: cfg.ConfigOpts | None = None,
    ) -> None:
        conf = conf if conf is not None else rpc.get_default_conf()
        super().__init__(Connection(transport_url, control_exchange, timeout_seconds, conf))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a later call is refused. It can be called again."""
        self._connection.close()

    def ping(self, timeout: float = 5.0) -> None:
        """Return when a controller has answered, for example before a service starts.

        :param timeout: seconds
        :raises NoReply: no controller answers
        :raises BrokerUnavailable: no broker answers
        """
        self._connection.call({}, "ping", {"arg": None}, seconds=timeout, namespace="baseapi")
