"""Options of the programs themselves: heartbeat, files, database, quotas, and cloudnet's own."""

from __future__ import annotations

from oslo_config import cfg

from cloudnet.common import limits
from cloudnet.common.settings.option_types import Range, Service
from cloudnet.common.settings.program_values import AbsolutePath
from cloudnet.common.settings.url_types import DatabaseUrl
from cloudnet.common.settings.vlan_ids import VlanIds

SERVICE: tuple[cfg.Opt, ...] = (
    cfg.IntOpt(
        "report_interval",
        default=10,
        min=1,
        max=limits.LARGEST_NUMBER,
        help="Seconds between an agent's heartbeats. Each reports the host's actual state, and the "
        "reply contains whatever is stale on the host.",
    ),
    cfg.IntOpt(
        "service_down_time",
        default=60,
        min=2,
        max=limits.LARGEST_NUMBER,
        help="Seconds without a heartbeat after which a host counts as down. It must be longer "
        "than report_interval, and should be several times as long.",
    ),
    cfg.IntOpt(
        "workers",
        min=1,
        max=64,
        sample_default="<the number of cores, at most 8>",
        help="How many processes a controller has. One is enough for a small cloud; each takes "
        "about 90 MB of memory and 8 to 24 connections to the database.",
    ),
    cfg.Opt(
        "state_path",
        type=AbsolutePath(),
        default="/var/lib/cloudnet",
        help="The directory of what must outlive a restart: the default SQLite database, an "
        "agent's cached snapshots, dnsmasq's files.",
    ),
)

DATABASE: tuple[cfg.Opt, ...] = (
    cfg.Opt(
        "connection",
        type=DatabaseUrl(
            ("sqlite", "postgresql", "mysql", "mariadb"),
            "postgresql+psycopg://cloudnet:PASSWORD@172.16.99.1/cloudnet",
        ),
        default="sqlite:///$state_path/cloudnet.sqlite",
        secret=True,
        deprecated_opts=[
            cfg.DeprecatedOpt("sql_connection", group="DEFAULT"),
            cfg.DeprecatedOpt("sql_connection", group="sql"),
            cfg.DeprecatedOpt("sql_connection", group="database"),
        ],
        help="The database as an SQLAlchemy URL: SQLite, PostgreSQL, MariaDB or MySQL. "
        "`cloudnet-manage db sync` creates the tables. A literal $ is written $$.",
    ),
)

QUOTA: tuple[cfg.Opt, ...] = (
    cfg.IntOpt(
        "floating_ips",
        default=10,
        min=-1,
        max=limits.LARGEST_NUMBER,
        deprecated_opts=[cfg.DeprecatedOpt("quota_floating_ips", group="DEFAULT")],
        help="How many floating IPs a project without a quota of its own may have; -1: any number.",
    ),
    cfg.IntOpt(
        "fixed_ips",
        default=-1,
        min=-1,
        max=limits.LARGEST_NUMBER,
        deprecated_opts=[cfg.DeprecatedOpt("quota_fixed_ips", group="DEFAULT")],
        help="How many fixed IPs a project without a quota of its own may have; -1: any number. "
        "The addresses of its own VLAN networks count, too.",
    ),
)

CLOUDNET: tuple[cfg.Opt, ...] = (
    cfg.IntOpt(
        "resync_interval",
        default=30,
        min=1,
        max=limits.LARGEST_NUMBER,
        help="Seconds between an agent's reads of the whole state of its host when no event of the "
        "kernel asks for one. In between, what has no events (an iptables table that somebody "
        "flushed) is checked every 3 seconds without such a read, and repaired.",
    ),
    cfg.FloatOpt(
        "removable_share",
        default=0.5,
        min=0,
        max=1,
        help="The share of the networks that serve guests on a host which one answer of the "
        "controller may end. An answer that would end more, and more than two, is refused until "
        "`cloudnet-manage host accept`. 1: every answer is obeyed.",
    ),
    cfg.FloatOpt(
        "wiring_timeout",
        default=10,
        min=0,
        max=limits.LARGEST_NUMBER,
        help="Seconds that a compute service's call waits until the hosts have wired an instance: "
        "nova expects the bridges to exist when the call returns. After that the call fails with "
        "what the hosts report, and what it has allocated is released. 0: no call waits.",
    ),
    cfg.ListOpt(
        "routed_fixed_ranges",
        default=[],
        item_type=Range(),
        help="Fixed ranges, separated by commas, that the operator's routers route to the nodes: "
        "their guests are reached from outside under their own addresses, and may leave a public "
        "interface under them. All other guests are reached from outside through a floating IP, "
        "by the answers to their own connections, and from dmz_cidr.",
    ),
    cfg.ListOpt(
        "services_for_guests",
        default=[],
        item_type=Service(),
        help="Services of the node, such as tcp:5000 or udp:123, separated by commas, that its "
        "guests may use in addition to DHCP, DNS, the metadata service and pings of their "
        "gateway. With all, only the node's own firewall decides. An accepted packet still "
        "passes the node's own firewall.",
    ),
    cfg.ListOpt(
        "excluded_vlans",
        default=[],
        item_type=VlanIds(),
        help="VLAN ids and ranges of them, such as 1, 1002-1005, that no network gets: "
        "the switches or others use them.",
    ),
    cfg.ListOpt(
        "ignored_options",
        default=[],
        help="Names in [DEFAULT], or group/name, separated by commas, that another program reads "
        "from the same file and that cloudnet ignores. Needed only for names that neither cloudnet "
        "nor nova has. Any other unknown name stops the program, so that a typing error is found.",
    ),
)
