"""The links that are not cloudnet's, as values for rendering."""

from __future__ import annotations

from collections.abc import Iterator

from cloudnet.agent.drivers.links.addresses import list_host_links
from cloudnet.agent.drivers.links.link_table import LinkTable
from cloudnet.agent.node.resources.actual import Nic


def list_nics(links: LinkTable) -> Iterator[Nic]:
    """Yield the links that are not ours; floating IPs of ours do not make one addressed."""
    addressed = list_host_links(links)
    for link in links.links:
        if link.network is None:
            yield Nic(
                link.name,
                link.mac,
                link.mtu,
                link.kind,
                links.get_name(link.master),
                link.index in addressed,
            )
