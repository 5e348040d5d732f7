"""The programs themselves: their heartbeat, their files, their database."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common.settings.option_types import Text, Url
from cloudnet.common.settings.options.wording import NO_EFFECT

DATABASES = ("sqlite", "postgresql", "mysql", "mariadb")

SERVICE: tuple[cfg.Opt, ...] = (
    cfg.IntOpt(
        "report_interval",
        default=10,
        min=1,
        help="Seconds between an agent's heartbeats. Each tells the controller what stands on the "
        "host, and brings back what is behind.",
    ),
    cfg.IntOpt(
        "service_down_time",
        default=60,
        min=2,
        help="Seconds without a heartbeat after which a host counts as down. Longer than "
        "report_interval, better several times as long.",
    ),
    cfg.Opt(
        "state_path",
        type=Text(empty=False),
        default="/var/lib/cloudnet",
        help="The directory of what must outlive a restart: the default SQLite database, an "
        "agent's last snapshots, dnsmasq's files.",
    ),
    cfg.IntOpt(
        "periodic_interval",
        default=60,
        min=0,
        help=f"Seconds between nova's periodic tasks. {NO_EFFECT}",
    ),
    cfg.IntOpt(
        "periodic_fuzzy_delay",
        default=60,
        min=0,
        help=f"Seconds up to which nova delayed the first of them. {NO_EFFECT}",
    ),
    cfg.BoolOpt(
        "periodic_enable",
        default=True,
        help=f"Whether nova ran them. {NO_EFFECT}",
    ),
    cfg.Opt(
        "node_availability_zone",
        type=Text(),
        default="nova",
        help=f"The zone that this host's service was listed in. {NO_EFFECT}",
    ),
    cfg.Opt(
        "bindir",
        type=Text(),
        default="/usr/bin",
        help=f"Where nova's programs are. {NO_EFFECT}",
    ),
    cfg.Opt(
        "rootwrap_config",
        type=Text(),
        default="/etc/nova/rootwrap.conf",
        help=f"How nova ran commands as root. {NO_EFFECT} cloudnet-agent is started with the "
        "capabilities that it needs.",
    ),
    cfg.Opt(
        "root_helper",
        type=Text(),
        default="sudo",
        help=f"How nova ran commands as root before rootwrap_config. {NO_EFFECT}",
    ),
    cfg.Opt(
        "security_group_handler",
        type=Text(),
        help=f"The class nova told about changed security groups. {NO_EFFECT}",
    ),
    cfg.Opt(
        "security_group_api",
        type=Text(),
        default="nova",
        help=f"The class nova told about changed security groups. {NO_EFFECT}",
    ),
)

LOCKS: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "lock_path",
        type=Text(),
        deprecated_opts=[cfg.DeprecatedOpt("lock_path", group="DEFAULT")],
        help=f"The directory of nova's lock files. {NO_EFFECT}",
    ),
)

DATABASE: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "connection",
        type=Url(DATABASES, "postgresql+psycopg://cloudnet:PASSWORD@172.16.99.1/cloudnet"),
        default="sqlite:///$state_path/cloudnet.sqlite",
        secret=True,
        deprecated_opts=[
            cfg.DeprecatedOpt("sql_connection", group="DEFAULT"),
            cfg.DeprecatedOpt("sql_connection", group="sql"),
            cfg.DeprecatedOpt("sql_connection", group="database"),
        ],
        help="Where the database is, as an SQLAlchemy URL: SQLite, PostgreSQL, MariaDB or MySQL. "
        "`cloudnet-manage db sync` makes the tables. A literal $ is written $$.",
    ),
)

UPGRADE_LEVELS: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "network",
        type=Text(),
        help=f"The highest RPC version that compute services send. {NO_EFFECT}",
    ),
)

CELLS: tuple[cfg.Opt, ...] = (
    cfg.BoolOpt(
        "enable",
        default=False,
        help=f"Whether nova runs as cells of the first kind. {NO_EFFECT}",
    ),
)

API: tuple[cfg.Opt, ...] = (
    cfg.BoolOpt(
        "use_neutron_default_nets",
        default=False,
        deprecated_opts=[cfg.DeprecatedOpt("use_neutron_default_nets", group="DEFAULT")],
        help=f"Whether tenant networks are looked up in neutron. {NO_EFFECT}",
    ),
    cfg.Opt(
        "neutron_default_tenant_id",
        type=Text(),
        default="default",
        deprecated_opts=[cfg.DeprecatedOpt("neutron_default_tenant_id", group="DEFAULT")],
        help=f"Whose networks those are. {NO_EFFECT}",
    ),
)
