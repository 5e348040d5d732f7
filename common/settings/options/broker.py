"""Options of the message broker.

``SHARED`` are options that oslo.messaging defines, too, under the same names. A program that loads
that library uses its definitions with our defaults; one that does not, like a command that only
reads the database, uses these, and both read the same file in the same way.
"""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common import limits
from cloudnet.common.settings.option_types import Text
from cloudnet.common.settings.url_types import BrokerUrl

BROKER_URL = BrokerUrl(("rabbit", "kombu", "fake"), "rabbit://user:PASSWORD@172.16.99.1:5672/")

SHARED: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "transport_url",
        type=BROKER_URL,
        sample_default="rabbit://guest:guest@127.0.0.1:5672/",
        secret=True,
        help="RabbitMQ's URL: rabbit://user:password@host:port/virtual_host, with several "
        "user:password@host:port separated by commas for a cluster. Not set: made of the rabbit_ "
        "options. A literal $ is written $$. All other options of oslo.messaging are accepted, "
        "too, for example those for TLS in [oslo_messaging_rabbit].",
    ),
    cfg.StrOpt(
        "control_exchange",
        default="nova",
        help="The exchange that compute services, controllers and agents share.",
    ),
    cfg.IntOpt(
        "rpc_response_timeout",
        default=60,
        min=1,
        max=limits.LARGEST_NUMBER,
        help="Seconds that an RPC call waits for its reply.",
    ),
    cfg.IntOpt(
        "executor_thread_pool_size",
        default=16,
        min=1,
        max=limits.LARGEST_NUMBER,
        deprecated_opts=[cfg.DeprecatedOpt("rpc_thread_pool_size", group="DEFAULT")],
        help="How many calls each worker of a controller handles at the same time.",
    ),
)

RABBIT: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "rabbit_host",
        type=Text(empty=False),
        default="127.0.0.1",
        help="RabbitMQ's host. Older than transport_url, which overrides it.",
    ),
    cfg.PortOpt(
        "rabbit_port",
        default=5672,
        help="RabbitMQ's port. Older than transport_url, which overrides it.",
    ),
    cfg.ListOpt(
        "rabbit_hosts",
        default=[],
        help="The hosts of a RabbitMQ cluster as host or host:port, separated by commas. It "
        "overrides rabbit_host and rabbit_port. Older than transport_url, which overrides it.",
    ),
    cfg.StrOpt(
        "rabbit_userid",
        default="guest",
        help="RabbitMQ's user. Older than transport_url, which overrides it.",
    ),
    cfg.StrOpt(
        "rabbit_password",
        default="guest",
        secret=True,
        help="RabbitMQ's password. Older than transport_url, which overrides it. A literal $ is "
        "written $$.",
    ),
    cfg.StrOpt(
        "rabbit_virtual_host",
        default="/",
        help="RabbitMQ's virtual host. Older than transport_url, which overrides it.",
    ),
)
