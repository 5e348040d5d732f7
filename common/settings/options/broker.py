"""Where the queue is.

``SHARED`` are options that oslo.messaging defines too, under the same names. A program that loads
that library takes its definitions (and our defaults); one that does not, like a command that only
reads the database, takes these, and both read the same file the same way.
"""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common.settings.option_types import BrokerUrl, Text

SHARED: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "transport_url",
        type=BrokerUrl(("rabbit", "kombu", "fake"), "rabbit://user:PASSWORD@172.16.99.1:5672/"),
        sample_default="rabbit://guest:guest@127.0.0.1:5672/",
        secret=True,
        help="Where RabbitMQ is: rabbit://user:password@host:port/virtual_host, with several "
        "user:password@host:port separated by commas for a cluster. Not set, it is made of the "
        "rabbit_ options. A literal $ is written $$. All other options of oslo.messaging are "
        "accepted too, for example those for TLS in [oslo_messaging_rabbit].",
    ),
    cfg.StrOpt(
        "control_exchange",
        default="nova",
        help="The exchange that compute services, controllers and agents meet on.",
    ),
    cfg.IntOpt(
        "rpc_response_timeout",
        default=60,
        min=1,
        help="Seconds that a call over the queue waits for its answer.",
    ),
    cfg.IntOpt(
        "executor_thread_pool_size",
        default=16,
        min=1,
        deprecated_opts=[cfg.DeprecatedOpt("rpc_thread_pool_size", group="DEFAULT")],
        help="How many calls a controller works on at the same time.",
    ),
)

RABBIT: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "rabbit_host",
        type=Text(empty=False),
        default="127.0.0.1",
        help="RabbitMQ's host, in the spelling before transport_url, which goes first.",
    ),
    cfg.PortOpt(
        "rabbit_port",
        default=5672,
        help="RabbitMQ's port, in the spelling before transport_url.",
    ),
    cfg.ListOpt(
        "rabbit_hosts",
        default=[],
        help="The hosts of a RabbitMQ cluster as host or host:port, separated by commas, in the "
        "spelling before transport_url. Goes before rabbit_host and rabbit_port.",
    ),
    cfg.StrOpt(
        "rabbit_userid",
        default="guest",
        help="RabbitMQ's user, in the spelling before transport_url.",
    ),
    cfg.StrOpt(
        "rabbit_password",
        default="guest",
        secret=True,
        help="RabbitMQ's password, in the spelling before transport_url. A literal $ is written "
        "$$.",
    ),
    cfg.StrOpt(
        "rabbit_virtual_host",
        default="/",
        help="RabbitMQ's virtual host, in the spelling before transport_url.",
    ),
)
