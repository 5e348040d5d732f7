"""The client of a compute service: the network service's RPC methods as Python methods.

The names of methods and arguments are those of nova; arguments that only cloudnet has are optional.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from oslo_config import cfg

from cloudnet.common import rpc
from cloudnet.common.deadline import run_with_deadline
from cloudnet.common.errors import BrokerUnavailable, CloudnetError, NotWired
from cloudnet.common.queue_library import CONNECTION_ERRORS
from cloudnet.common.rpc import messaging

NetworkInfo = list[dict[str, Any]]  # Any: JSON, in the shape nova's network model reads
Context = Mapping[str, Any]  # Any: JSON; project_id, is_admin and request_id are used


class NetworkAPI:
    """The network service, called over the message broker.

    :param transport_url: of RabbitMQ, e.g. ``rabbit://guest:guest@172.16.99.1:5672/``
    :param timeout_seconds: how long a call waits for its reply before it raises
        ``oslo_messaging.MessagingTimeout``; every call can safely be repeated. As long as no broker
        has answered, a call raises :class:`BrokerUnavailable` at once
    :param conf: the configuration of oslo.messaging, for example for TLS (default: one of its own,
        with the library's defaults). Neither it nor the global ``cfg.CONF`` is changed
    """

    def __init__(
        self,
        transport_url: str,
        *,
        control_exchange: str = "nova",
        timeout_seconds: int = 60,
        conf: cfg.ConfigOpts | None = None,
    ) -> None:
        self._conf = conf if conf is not None else rpc.get_default_conf()
        self._transport = rpc.create_transport(self._conf, transport_url)
        self._client = rpc.create_client(
            self._transport, rpc.NETWORK_TOPIC, timeout_seconds, control_exchange
        )
        self._url = transport_url
        self._timeout_seconds = timeout_seconds
        self._broker_answered = False  # once True, the library reconnects by itself

    def close(self) -> None:
        """Close the connection."""
        self._transport.cleanup()

    # -- instances -----------------------------------------------------------------------------

    def allocate_for_instance(
        self,
        context: Context,
        instance_id: str,
        project_id: str,
        host: str,
        *,
        rxtx_factor: float | None = None,
        vpn: bool = False,
        requested_networks: Iterable[tuple[str, str | None]] | None = None,
        macs: Iterable[str] | None = None,
        hostname: str | None = None,
        wait_seconds: float | None = 0,
    ) -> NetworkInfo:
        """Allocate a VIF and an address on each of the instance's networks.

        A repeated call returns what the first one allocated. Only cloudnet has ``hostname``: the
        name that the guest gets by DHCP (default: ``host-`` and its address).

        :param wait_seconds: how long the controller waits until the hosts have wired the instance;
            0: it replies at once, see :meth:`wait_until_wired`; None: as long as nova's client
            waits, ``[cloudnet] wiring_timeout``
        :raises NotWired: the hosts have not wired it in time; what was allocated is released
        :raises NoMoreFixedIps: a network is full; nothing was allocated on any network
        :raises NoMoreNetworks: the project has no network, and none is free
        """
        info: NetworkInfo = self._call(
            context,
            "allocate_for_instance",
            "1.13",
            instance_id=instance_id,
            project_id=project_id,
            host=host,
            rxtx_factor=rxtx_factor,
            vpn=vpn,
            requested_networks=None if requested_networks is None else list(requested_networks),
            macs=None if macs is None else list(macs),
            hostname=hostname,
            wait_seconds=wait_seconds,
        )
        return info

    def deallocate_for_instance(
        self, context: Context, instance_id: str, project_id: str, host: str
    ) -> None:
        """Release all VIFs and addresses of the instance; it may have none."""
        self._call(
            context,
            "deallocate_for_instance",
            "1.0",
            instance_id=instance_id,
            project_id=project_id,
            host=host,
        )

    def get_instance_nw_info(
        self, context: Context, instance_id: str, host: str | None = None
    ) -> NetworkInfo:
        """Return the instance's VIFs; ``active`` is true when its hosts have wired one.

        :raises InstanceNotFound: there is no such instance
        """
        info: NetworkInfo = self._call(
            context,
            "get_instance_nw_info",
            "1.9",
            instance_id=instance_id,
            rxtx_factor=None,
            host=host,
            project_id=context.get("project_id"),
        )
        return info

    def wait_until_wired(
        self, context: Context, instance_id: str, timeout: float = 60.0
    ) -> NetworkInfo:
        """Wait until all hosts of the instance's networks have reported them as applied.

        :param timeout: seconds
        :raises NotWired: they have not reported in time; the message names the networks, the
            hosts, and their reasons
        """
        deadline = time.monotonic() + timeout
        pause = 0.02
        while True:
            info = self.get_instance_nw_info(context, instance_id)
            missing = [vif["network"]["label"] for vif in info if not vif["active"]]
            if not missing:
                return info
            if time.monotonic() + pause > deadline:
                raise NotWired(
                    f"instance {instance_id}: network {', '.join(missing)} is not wired after "
                    f"{timeout:.0f} s: {self._explain_unwired(context, instance_id)}"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def _explain_unwired(self, context: Context, instance_id: str) -> str:
        """Return the reasons that the controller knows; an older controller knows none."""
        try:
            reasons = self._call(context, "explain_unwired", "1.0", instance_id=instance_id)
        except CloudnetError:
            reasons = []
        return "; ".join(reasons) or "see `cloudnet-manage host list` and its agent's log"

    # -- floating IPs --------------------------------------------------------------------------

    def allocate_floating_ip(
        self, context: Context, project_id: str, pool: str | None = None
    ) -> str:
        """Allocate a floating IP of the pool to the project and return its address."""
        address: str = self._call(
            context, "allocate_floating_ip", "1.0", project_id=project_id, pool=pool
        )
        return address

    def deallocate_floating_ip(self, context: Context, address: str) -> None:
        """Return the floating IP to its pool."""
        self._call(context, "deallocate_floating_ip", "1.0", address=address)

    def associate_floating_ip(
        self, context: Context, floating_address: str, fixed_address: str
    ) -> str | None:
        """Associate the floating IP with the fixed IP.

        Return the uuid of the instance that it was associated with before, or None.
        """
        previous: str | None = self._call(
            context,
            "associate_floating_ip",
            "1.0",
            floating_address=floating_address,
            fixed_address=fixed_address,
        )
        return previous

    def disassociate_floating_ip(self, context: Context, address: str) -> None:
        """Disassociate the floating IP from its fixed IP; the project keeps it."""
        self._call(context, "disassociate_floating_ip", "1.0", address=address)

    # -- networks ------------------------------------------------------------------------------

    def create_networks(self, context: Context, **arguments: Any) -> list[dict[str, Any]]:
        """Create networks, all or none; the arguments are those of nova's ``create_networks``."""
        networks: list[dict[str, Any]] = self._call(context, "create_networks", "1.0", **arguments)
        return networks

    def delete_network(
        self, context: Context, fixed_range: str | None = None, uuid: str | None = None
    ) -> None:
        """Delete the network with this range or uuid; it must have no project and no guest."""
        self._call(context, "delete_network", "1.0", fixed_range=fixed_range, uuid=uuid)

    def get_all_networks(self, context: Context) -> list[dict[str, Any]]:
        """Return all networks that the context's project may see."""
        networks: list[dict[str, Any]] = self._call(context, "get_all_networks", "1.0")
        return networks

    def _call(self, context: Context, method: str, version: str, **arguments: Any) -> Any:
        if not self._broker_answered:
            self._check_broker()
            self._broker_answered = True
        # One retry repairs a connection that has ended; the library's default is to retry for ever.
        prepared = self._client.prepare(version=version, retry=1)
        try:
            # A controller rolls back a call that is not done within this time.
            limited = {
                **context,
                rpc.TIMEOUT_KEY: self._timeout_seconds,
                rpc.OWN_ERRORS_KEY: True,
            }
            return run_with_deadline(
                lambda: prepared.call(limited, method, **arguments), self._timeout_seconds
            )
        except TimeoutError as error:
            raise messaging.MessagingTimeout(
                f"{method}: no reply in {self._timeout_seconds} s; the call may have been "
                "done, and can be repeated"
            ) from error
        except CONNECTION_ERRORS as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise BrokerUnavailable(f"{method}: {reason}; it can be repeated") from error
        except messaging.RemoteError as error:
            raise rpc.rebuild_error(error) from None  # the original contains the server's stack

    def _check_broker(self) -> None:
        try:
            rpc.check_broker(self._url, self._conf)
        except BrokerUnavailable as error:
            raise BrokerUnavailable(f"{error}; start it, or correct the URL") from error
