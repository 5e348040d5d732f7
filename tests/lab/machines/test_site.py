"""The site: what stands before any cloud comes, and that nothing of it stays."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.machines.host import Place
from tests.lab.machines.pings import Pings
from tests.lab.machines.site import Form, Site
from tests.lab.machines.switch import Trunk
from tests.lab.machines.topology import CONTROLLER, PUBLIC_ADDRESS

FORMS = [Form.KERNELS, Form.NESTED]  # the third is the second, in a machine that can


@pytest.mark.parametrize("form", FORMS, ids=[form.value for form in FORMS])
def test_nodes_have_their_way_out_and_leave_no_link(
    lab: Place, directory: Path, form: Form
) -> None:
    before = lab.json("ip", "-j", "link")
    with ExitStack() as stack:
        wire = Trunk(lab, "trunk")
        stack.callback(wire.remove)
        lab.run("ip", "addr", "add", str(CONTROLLER), "dev", wire.name)
        site = Site.build(form, wire, directory, stack)
        node1, node2 = site.nodes

        assert site.outside.pings(PUBLIC_ADDRESS) == Pings(5, 5)
        assert node2.run("ping", "-c", "1", str(site.outside.address))
        assert lab.run("ping", "-c", "1", str(node1.address))
        assert lab.run("ping", "-c", "1", str(node2.address))
        assert "-s 172.16.99.0/24 -o eth1 -j MASQUERADE" in node1.standing()

    assert lab.json("ip", "-j", "link") == before
