"""The topics of the queue and the versions of what answers on them.

``network`` is what a compute service calls; ``cloudnet-controller`` is what agents call;
``cloudnet-agent`` (server = host) is where a host's snapshots go. They are apart so that the
broker's permissions can keep them apart.
"""

from __future__ import annotations

NETWORK_TOPIC = "network"
NETWORK_VERSION = "1.17"
CONTROLLER_TOPIC = "cloudnet-controller"
CONTROLLER_VERSION = "1.0"
AGENT_TOPIC = "cloudnet-agent"
AGENT_VERSION = "1.0"
