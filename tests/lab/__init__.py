"""A cloud for tests: compute nodes with kernels of their own, a VLAN trunk, guests that are real
machines.

`machines` has hosts, switches and guests, `cloud` runs cloudnet on them, and `quickstart` is the
program that shows it. A test is a story about a `Cloud`, its `Node`s and its `Guest`s:

    with Cloud() as cloud:
        vm1 = cloud.boot("vm1", on=cloud.node1, project="a")
        vm3 = cloud.boot("vm3", on=cloud.node2, project="a")
        vm1.ping(vm3)

The lab runs inside `tools/isolated` and refuses to start elsewhere.
"""
