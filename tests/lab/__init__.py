"""A cloud to look at: compute nodes with kernels of their own, a VLAN trunk, guests that are real
machines.

The words are `Cloud`, `Node`, `Guest`, `Outside` and `Trunk`; a test is a story told with them:

    with Cloud() as cloud:
        vm1 = cloud.boot("vm1", on=cloud.node1, project="a")
        vm3 = cloud.boot("vm3", on=cloud.node2, project="a")
        vm1.ping(vm3)

Everything happens inside `tools/isolated`; outside of it the lab refuses to start.
"""
