"""The site: nodes reach the outside, and nothing remains of it at the end."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.machines.host import Host
from tests.lab.machines.pings import Pings
from tests.lab.machines.site import Form, Site
from tests.lab.machines.switch import Switch
from tests.lab.machines.topology import CONTROLLER, PUBLIC_ADDRESS

FORMS = [Form.KERNELS, Form.NESTED]  # NESTED has the nodes of NAMESPACES, on any kernel


@pytest.mark.parametrize("form", FORMS, ids=[form.value for form in FORMS])
def test_nodes_reach_the_outside_and_leave_no_link(lab: Host, directory: Path, form: Form) -> None:
    before = lab.json("ip", "-j", "link")
    with ExitStack() as stack:
        management = Switch(lab, "trunk")
        stack.callback(management.remove)
        lab.run("ip", "addr", "add", str(CONTROLLER), "dev", management.name)
        site = Site.build(form, management, directory, stack)
        node1, node2 = site.nodes

        assert site.outside.pings(PUBLIC_ADDRESS) == Pings(5, 5)
        assert node2.run("ping", "-c", "1", str(site.outside.address))
        assert lab.run("ping", "-c", "1", str(node1.address))
        assert lab.run("ping", "-c", "1", str(node2.address))
        assert "-s 172.16.99.0/24 -o eth1 -j MASQUERADE" in node1.dump_state()

    assert lab.json("ip", "-j", "link") == before
