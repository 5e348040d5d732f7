"""The compute service: what nova-compute does about the network of an instance.

It requests VIFs from the network service, waits until the node is wired, creates the tap, puts it
into the bridge that the reply names, and starts the machine. To destroy an instance it undoes this
in reverse order.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from cloudnet.client import NetworkAPI, NetworkInfo, fixed_ips, tap_name
from tests.lab.machines.emulated import EmulatedGuest
from tests.lab.machines.guest import Card, Guest
from tests.lab.machines.guest_image import GuestImage
from tests.lab.machines.light import LightGuest
from tests.lab.machines.node import Node

WIRED_TIMEOUT = 60.0


@dataclass(frozen=True)
class Instance:
    """A guest in the records of the compute service."""

    uuid: str
    project: str
    node: Node
    guest: Guest
    network_info: NetworkInfo

    @property
    def context(self) -> dict[str, Any]:  # JSON
        return context(self.project)

    @property
    def fixed_address(self) -> str:
        """Its first fixed address, from the network service."""
        return fixed_ips(self.network_info)[0]["address"]


def context(project: str) -> dict[str, Any]:  # JSON
    """Return a request context as nova serialises it."""
    return {"project_id": project, "user_id": "lab", "is_admin": True, "request_id": "req-lab"}


class Compute:
    """The compute service of the cloud; guests are emulated machines unless `light`."""

    def __init__(self, api: NetworkAPI, image: GuestImage) -> None:
        self.api = api
        self._image = image

    def request(self, name: str, node: Node, project: str, *, light: bool = False) -> Instance:
        """Allocate the addresses of an instance; nothing of it exists on the node yet."""
        instance_id = str(uuid.uuid4())
        info = self.api.allocate_for_instance(
            context(project), instance_id, project, node.name, hostname=name
        )
        cards = [
            Card(link=tap_name(vif), mac=vif["address"], bridge=vif["network"]["bridge"])
            for vif in info
        ]
        guest = (
            LightGuest(name, node, cards)
            if light
            else EmulatedGuest(name, node, cards, self._image)
        )
        return Instance(instance_id, project, node, guest, info)

    def wait_until_wired(self, instance: Instance) -> None:
        """Wait until the instance's host has its networks."""
        self.api.wait_until_wired(instance.context, instance.uuid, WIRED_TIMEOUT)

    def power_on(self, instance: Instance) -> None:
        """Connect the guest to its bridges and start it."""
        guest = instance.guest
        guest.create_links()
        for card in guest.cards:
            instance.node.run("ip", "link", "set", card.link, "master", card.bridge, "up")
        guest.power_on()

    def destroy(self, instance: Instance) -> None:
        """Destroy an instance and deallocate its addresses."""
        instance.guest.power_off()
        self.api.deallocate_for_instance(
            instance.context, instance.uuid, instance.project, instance.node.name
        )
