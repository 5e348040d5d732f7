"""Options that changed their name and group, beyond what an option itself records.

oslo.messaging once had all of these in both groups, and no longer has most of them; nova.conf files
from Essex to Rocky still have them, and they keep their meaning here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cloudnet.common.settings.files import Assignment

RABBIT_GROUP = "oslo_messaging_rabbit"

_IN_RABBIT_GROUP = {
    "amqp_auto_delete": "amqp_auto_delete",
    "amqp_durable_queues": "amqp_durable_queues",
    "conn_pool_min_size": "conn_pool_min_size",
    "conn_pool_ttl": "conn_pool_ttl",
    "kombu_reconnect_delay": "kombu_reconnect_delay",
    "kombu_reconnect_timeout": "kombu_missing_consumer_retry_timeout",
    "kombu_ssl_ca_certs": "ssl_ca_file",
    "kombu_ssl_certfile": "ssl_cert_file",
    "kombu_ssl_keyfile": "ssl_key_file",
    "kombu_ssl_version": "ssl_version",
    "rabbit_durable_queues": "amqp_durable_queues",
    "rabbit_ha_queues": "rabbit_ha_queues",
    "rabbit_heartbeat_timeout_threshold": "heartbeat_timeout_threshold",
    "rabbit_login_method": "rabbit_login_method",
    "rabbit_retry_backoff": "rabbit_retry_backoff",
    "rabbit_retry_interval": "rabbit_retry_interval",
    "rabbit_use_ssl": "ssl",
    "rpc_conn_pool_size": "rpc_conn_pool_size",
}
"""Options that are in [oslo_messaging_rabbit] today, by each name that they ever had."""

_NOTIFICATIONS = {
    "notification_driver": "driver",
    "notification_topics": "topics",
    "notification_transport_url": "transport_url",
}
"""Options that Mitaka moved to [oslo_messaging_notifications]."""

MOVED_BY_KILO = (
    "fake_rabbit",
    "rabbit_host",
    "rabbit_hosts",
    "rabbit_max_retries",
    "rabbit_password",
    "rabbit_port",
    "rabbit_userid",
    "rabbit_virtual_host",
)
"""Options that Kilo moved to [oslo_messaging_rabbit]; cloudnet has them in [DEFAULT]."""

RENAMED: Mapping[tuple[str, str], tuple[str, str]] = {
    **{("DEFAULT", old): (RABBIT_GROUP, new) for old, new in _IN_RABBIT_GROUP.items()},
    **{
        (RABBIT_GROUP, old): (RABBIT_GROUP, new)
        for old, new in _IN_RABBIT_GROUP.items()
        if old != new
    },
    **{
        ("DEFAULT", old): ("oslo_messaging_notifications", new)
        for old, new in _NOTIFICATIONS.items()
    },
    **{(RABBIT_GROUP, name): ("DEFAULT", name) for name in MOVED_BY_KILO},
}
"""(group, name) in a file, and where cloudnet and its libraries have the option."""


def rename(assignment: Assignment) -> Assignment:
    """Return the assignment under its option's current group and name."""
    current = RENAMED.get((assignment.group, assignment.name))
    if current is None:
        return assignment
    group, name = current
    return replace(assignment, group=group, name=name)
