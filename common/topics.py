"""The RPC topics, and the versions of the methods that are served on them.

Compute services call ``network``, agents call ``cloudnet-controller``, and ``cloudnet-agent``
(server = host) receives a host's snapshots. They are separate so that the broker's permissions can
separate them.
"""

from __future__ import annotations

NETWORK_TOPIC = "network"
HOSTS_TOPIC = "network.*.#"
"""The pattern of all topics ``network.<host>``: nova's clients name the host of an instance."""
NETWORK_VERSION = "1.17"
CONTROLLER_TOPIC = "cloudnet-controller"
CONTROLLER_VERSION = "1.0"
AGENT_TOPIC = "cloudnet-agent"
AGENT_VERSION = "1.0"
