"""Use cases of hosts: reports, snapshots, attachment."""
